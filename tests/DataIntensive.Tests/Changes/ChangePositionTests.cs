using System.Globalization;

namespace DataIntensive.Tests.Changes;

public sealed class ChangePositionTests
{
    [Fact]
    public void Order_IsByCommitThenByIndex()
    {
        ChangePosition[] ordered = [default, At(1, 0), At(1, 1), At(2, 0), At(10, 0)];

        ordered.Reverse().Order().Should().Equal(ordered);
        (At(1, 5) < At(2, 0)).Should().BeTrue();
        (At(2, 0) > At(2, 0)).Should().BeFalse();
        (At(2, 0) >= At(2, 0)).Should().BeTrue();
        (At(2, 1) <= At(2, 0)).Should().BeFalse();
    }

    [Fact]
    public void Text_RoundTrips()
    {
        At(42, 7).ToString().Should().Be("42:7");
        $"{At(42, 7)}".Should().Be("42:7");
        ChangePosition.Parse("42:7", CultureInfo.InvariantCulture).Should().Be(At(42, 7));
        Span<char> tooSmall = stackalloc char[3];
        At(42, 7).TryFormat(tooSmall, out _, default, null).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData(":")]
    [InlineData("42:")]
    [InlineData(":7")]
    [InlineData("-1:7")]
    [InlineData("42:7:1")]
    [InlineData("42:99999999999")]
    public void Parse_OfSomethingElse_Fails(string text)
    {
        ChangePosition.TryParse(text, null, out ChangePosition result).Should().BeFalse();
        result.Should().Be(default(ChangePosition));
        FluentActions.Invoking(() => ChangePosition.Parse(text)).Should().Throw<FormatException>();
    }

    private static ChangePosition At(long commit, int index) => new(new LogPosition(commit), index);
}
