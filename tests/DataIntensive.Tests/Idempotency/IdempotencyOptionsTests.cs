namespace DataIntensive.Tests.Idempotency;

public sealed class IdempotencyOptionsTests
{
    [Fact]
    public void Retention_ZeroNegativeOrInfinite_IsRefused()
    {
        FluentActions.Invoking(() => new IdempotencyOptions { Retention = TimeSpan.Zero }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new IdempotencyOptions { Retention = TimeSpan.FromTicks(-1) }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new IdempotencyOptions { Retention = Timeout.InfiniteTimeSpan }).Should().Throw<ArgumentOutOfRangeException>();
        new IdempotencyOptions { Retention = TimeSpan.MaxValue }.Retention.Should().Be(TimeSpan.MaxValue);
        new IdempotencyOptions().Retention.Should().Be(TimeSpan.FromHours(24));
    }

    [Fact]
    public void Bounds_OutOfRange_AreRefused()
    {
        FluentActions.Invoking(() => new IdempotencyOptions { MaxKeys = 0 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new IdempotencyOptions { MaxResultBytes = -1 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new IdempotencyOptions { MaxResultBytes = int.MaxValue }).Should().Throw<ArgumentOutOfRangeException>();
    }
}
