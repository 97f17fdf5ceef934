using DataIntensive.Testing;

namespace DataIntensive.Tests.Testing;

public sealed class TransactionHistoryTests
{
    [Theory]
    [InlineData("T1 ax1 ry12", "T1: ok ax1 ry[1,2]\n")]
    [InlineData("ax1ax2rxry3", "T1: ok ax1 ax2 rx[] ry[3]\n")]
    [InlineData("wx12 rx12 ry_ rz", "T1: ok wx12 rx12 ry_ rz_\n")]
    [InlineData("rx-1 wx-1", "T1: ok rx-1 wx-1\n")]
    [InlineData("p3 unknown @5.. ax1 rx?", "T1: p3 unknown @5.. ax1 rx?\n")]
    [InlineData("late: failed p0 ax1 @5..9 # it failed", "late: p0 failed @5..9 ax1\n")]
    [InlineData("a\"a key: \\\"k\\\" \\\\ #\\n\"7 r\"x\"[10,-2]", "T1: ok a\"a key: \\\"k\\\" \\\\ #\\n\"7 rx[10,-2]\n")]
    [InlineData("ax1 · rx1;rx1\n\n# nothing\nrx1", "T1: ok ax1\nT2: ok rx[1]\nT3: ok rx[1]\nT4: ok rx[1]\n")]
    [InlineData("", "")]
    public void Parse_ReadsTheNotation_AndWritesItInFull(string text, string full)
    {
        string written = TransactionHistory.Parse(text).ToString();

        written.Should().Be(full);
        TransactionHistory.Parse(written).ToString().Should().Be(full);
    }

    [Theory]
    [InlineData("ax1\nqx1", 2, 1)]
    [InlineData("ax1\n  rx1 a1", 2, 8)]
    [InlineData("ax1 ay", 1, 5)]
    [InlineData("ax99999999999999999999", 1, 1)]
    [InlineData("rx[1,2", 1, 3)]
    [InlineData("rx[1,b]", 1, 3)]
    [InlineData("ax1 r\"open", 1, 6)]
    [InlineData("a\"\\q\"1", 1, 4)]
    [InlineData("ax1 @7", 1, 5)]
    [InlineData("px ax1", 1, 1)]
    [InlineData(": ax1", 1, 1)]
    [InlineData("ax1\n ax2 · ax1 # again", 2, 8)]
    [InlineData("ax1 wy1", 1, 5)]
    [InlineData("ax1 @1..2\nax2", 2, 1)]
    [InlineData("ax1 @5..4", 1, 1)]
    [InlineData("ax1 @5..", 1, 1)]
    [InlineData("p1 ax1 @1..5\np1 ax2 @4..6", 2, 1)]
    public void Parse_OfSomethingElse_NamesThePlace(string text, int line, int column)
    {
        Action parse = () => TransactionHistory.Parse(text);

        TransactionFormatException thrown = parse.Should().Throw<TransactionFormatException>().Which;
        (thrown.Line, thrown.Column).Should().Be((line, column));
    }

    [Fact]
    public void Of_OfAReturnWithoutACall_Throws()
    {
        Action make = () => TransactionHistory.Of(new TransactionRecord { ReturnedAt = 3, Name = "late" });

        make.Should().Throw<ArgumentException>().WithMessage("*returned without a call*late*");
    }

    [Fact]
    public void Process_GoesOnAfterAnUnknownOutcome() =>
        TransactionHistory.Parse("p1 unknown ax1 @1.. · p1 ax2 @2..3").Transactions.Should().HaveCount(2);

    [Fact]
    public void Recorder_NotesCallsReturnsAndOutcomesInTheirOrder()
    {
        TransactionRecorder recorder = new();
        RecordedTransaction first = recorder.Begin(process: 0);
        RecordedTransaction second = recorder.Begin(process: 1, name: "second");
        first.Append("x", 9);
        first.Restart();
        first.Append("x", 1);
        first.Commit();
        second.ReadList("x", [1]);
        second.Fail();
        RecordedTransaction third = recorder.Begin(process: 0);
        third.Append("x", 2);
        third.LeaveUnknown();
        recorder.Begin(process: 0).Append("x", 3);

        recorder.ToHistory().ToString().Should().Be(
            "T1: p0 ok @1..3 ax1\nsecond: p1 failed @2..4 rx[1]\nT3: p0 unknown @5.. ax2\nT4: p0 unknown @6.. ax3\n");
    }

    [Fact]
    public void Recorder_OfAProcessThatCallsTwice_Throws()
    {
        TransactionRecorder recorder = new();
        RecordedTransaction first = recorder.Begin(process: 0);

        recorder.Invoking(all => all.Begin(process: 0)).Should().Throw<InvalidOperationException>();
        first.Commit();
        first.Invoking(ended => ended.Append("x", 1)).Should().Throw<InvalidOperationException>();
        recorder.Begin(process: 0).Should().NotBeNull();
    }
}
