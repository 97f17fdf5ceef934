using DataIntensive.Idempotency;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Idempotency;

/// <summary>The clock that keys grow old by.</summary>
public sealed class RetentionClockTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void Stamp_OfTheSystemsTime_GoesOnAndNeverBack()
    {
        long begun = TimeProvider.System.GetUtcNow().UtcTicks;
        RetentionClock clock = new(TimeProvider.System, Hour);
        long first = clock.Stamp();
        long last = first;

        // It follows the time by itself, with nobody else to look at it.
        bool goesOn = SpinWait.SpinUntil(
            () =>
            {
                long next = clock.Stamp();
                bool isInOrder = next >= last;
                last = next;
                return !isInOrder || next > first;
            },
            TimeSpan.FromSeconds(30));

        goesOn.Should().BeTrue();
        last.Should().BeGreaterThan(first);
        first.Should().BeGreaterThanOrEqualTo(begun);
    }

    [Fact]
    public void IsExpired_OfTheSystemsTime_ComesByItself()
    {
        RetentionClock clock = new(TimeProvider.System, TimeSpan.FromMilliseconds(1));
        long stamp = clock.Stamp();

        SpinWait.SpinUntil(() => clock.IsExpired(stamp), TimeSpan.FromSeconds(30)).Should().BeTrue();
    }

    [Fact]
    public void IsExpired_AtTheEndOfRetention_AndStaysSo()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        DateTimeOffset start = time.GetUtcNow();
        RetentionClock clock = new(time, Hour);
        long stamp = clock.Stamp();
        time.Advance(Hour - TimeSpan.FromTicks(1));
        clock.IsExpired(stamp).Should().BeFalse();
        time.Advance(TimeSpan.FromTicks(1));
        clock.IsExpired(stamp).Should().BeTrue();

        time.AdjustTime(start);

        clock.IsExpired(stamp).Should().BeTrue();
    }
}
