using DataIntensive.Testing;

namespace DataIntensive.Tests.Testing;

/// <summary>Every kind of anomaly in the smallest history that has it, and beside it one that nearly has it.</summary>
public sealed class TransactionCheckerTests
{
    [Theory]
    [InlineData("T1 ax1 ay1 · T2 ax2 ay2 · T3 rx12 ry21", "G0", "ReadUncommitted")]
    [InlineData("T1 failed ax1 · T2 rx1", "G1a", "ReadCommitted")]
    [InlineData("T1 ax1 ax2 · T2 rx1", "G-single-item G1b", "ReadCommitted")]
    [InlineData("T1 ax1 ry1 · T2 ax2 ay1 · T3 rx12 ry1", "G1c", "ReadCommitted")]
    [InlineData("T1 ax1 ay1 · T2 ax2 ry · T3 rx12", "G-single-item", "ConsistentView RepeatableRead")]
    [InlineData("T1 ax1 ry · T2 ay1 rx", "G2-item", "RepeatableRead")]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..4 · p2 rx1 @5..6 · p3 rx12 @7..8", "G-single-item-realtime", "StrongSnapshotIsolation")]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..4 · p1 rx1 @5..6 · p3 rx12 @7..8", "G-single-item-process", "StrongSessionSnapshotIsolation")]
    [InlineData("p0 rx rz1 @1..9 · p1 ax1 @2..3 · p1 rz @4..5 · p2 az1 @1..9", "G-nonadjacent-item-process", "StrongSessionSnapshotIsolation")]
    [InlineData("p0 rx rz1 @1..9 · p1 ax1 @2..3 · p3 rz @4..5 · p2 az1 @1..9", "G-nonadjacent-item-realtime", "StrongSnapshotIsolation")]
    [InlineData("p0 rx ay1 @1..5 · p1 ax1 @2..3 · p1 ry @4..6", "G2-item-process", "StrongSessionSerializable")]
    [InlineData("p0 rx ay1 @1..5 · p1 ax1 @2..3 · p2 ry @4..6", "G2-item-realtime", "StrictSerializable")]
    [InlineData("p0 rx1 @1..2 · p1 ax1 @3..4", "G1c-realtime", "StrongSnapshotIsolation")]
    [InlineData("p0 rx1 @1..2 · p0 ax1 @3..4", "G1c-process", "StrongSessionSnapshotIsolation")]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..4 · p2 rx21 @1..9", "G0-realtime", "StrongSnapshotIsolation")]
    [InlineData("p0 ax1 @1..2 · p0 ax2 @3..4 · p2 rx21 @1..9", "G0-process", "StrongSessionSnapshotIsolation")]
    [InlineData("ax1 ry1 · ax2 · ax3 ay1 · rx13 · rx123", "G1c incompatible-order", "ReadCommitted")]
    [InlineData("T1 failed ax1 · T2 rx1 ax2 · T3 rx12", "G1a dirty-update", "ReadCommitted")]
    [InlineData("ax1 · ax2 · rx121", "duplicate-elements", "ReadUncommitted")]
    [InlineData("ax3 rx", "internal", "SnapshotIsolation RepeatableRead")]
    [InlineData("rx ax1 · rx ax2 · rx12", "G-single-item lost-update", "ConsistentView RepeatableRead")]
    public void Check_OfAListCase_NamesItAndItsBoundary(string text, string names, string boundary) =>
        Check(text).Should().Be((names, boundary, CheckVerdict.Invalid));

    // What each is near to is told by its place: the same as above, but for the one thing that makes it wrong.
    [Theory]
    [InlineData("T1 ax1 ay1 · T2 ax2 ay2 · T3 rx12 ry12")]
    [InlineData("T1 failed ax1 · T2 rx")]
    [InlineData("T1 unknown ax1 · T2 rx1")]
    [InlineData("T1 unknown ax1 · T2 rx")]
    [InlineData("T1 ax1 ax2 · T2 rx12")]
    [InlineData("T1 ax1 rx1 ax2 · T2 rx12")]
    [InlineData("T1 ax1 ry · T2 ax2 ay1 · T3 rx12 ry1")]
    [InlineData("T1 ax1 ay1 · T2 ax2 ry1 · T3 rx12")]
    [InlineData("T1 ax1 ry · T2 ay1 rx1")]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..6 · p2 rx1 @5..7 · p3 rx12 @8..9")]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..4 · p2 rx1 @4..6 · p3 rx12 @7..8")]
    [InlineData("p0 ax1 @1..2 · p1 rx1 @3..4 · p1 ax2 @5..6 · p3 rx12 @7..8")]
    [InlineData("p0 rx rz1 @1..9 · p1 ax1 @3..4 · p1 rz1 @5..7 · p2 az1 @2..8")]
    [InlineData("p0 rx ay1 @1..5 · p1 ax1 @2..3 · p1 ry1 @4..6")]
    [InlineData("p0 rx ay1 @1..5 · p1 ax1 @2..6 · p2 ry @4..6")]
    [InlineData("p0 rx1 @1..3 · p1 ax1 @3..4")]
    [InlineData("p0 ax1 @1..3 · p1 ax2 @3..4 · p2 rx21 @1..9")]
    [InlineData("p0 unknown ax1 @1.. · p0 rx @3..4 · p2 rx1 @5..6")]
    [InlineData("T1 rx rw1 · T2 ax1 az1 · T3 rz1 ry1 · T4 ay1 aw1")]
    [InlineData("T1 rx ay1 · T2 ry az1 · T3 rz1 ax1")]
    [InlineData("ax1 · ax2 · ax3 · rx12 · rx123")]
    [InlineData("T1 failed ax1 · T2 rx ax2 · T3 rx2")]
    [InlineData("ax1 ax2 · rx12")]
    [InlineData("ax3 rx3")]
    [InlineData("rx12 ax3 rx123 ax4 rx1234 · ax1 ax2")]
    [InlineData("rx ax1 · rx1 ax2 · rx12")]
    [InlineData("rx ax1 · ax2 · rx12")]
    public void Check_OfANearMiss_FindsNothing(string text) => Check(text).Should().Be(("", "", CheckVerdict.Valid));

    [Theory]
    [InlineData("rx1 ax1", "future-read", "ReadCommitted")]
    [InlineData("rx13 ax1 · ax3", "G1c future-read", "ReadCommitted")]
    [InlineData("rx7", "garbage-read", "ReadUncommitted")]
    [InlineData("T1 rx ay1 · T2 ry az1 · T3 rz ax1", "G2-item", "RepeatableRead")]
    [InlineData("T1 rx ay1 · T2 ry ax1", "G2-item", "RepeatableRead")]
    [InlineData("T1 rx rw1 · T2 ax1 az1 · T3 rz1 ry · T4 ay1 aw1", "G-nonadjacent-item", "SnapshotIsolation RepeatableRead")]
    [InlineData("ax1 rx12 · ax2 · rx12", "G1c internal", "ReadCommitted")]
    [InlineData("rx1 rx12 · ax1 · ax2", "G-single-item internal", "ConsistentView RepeatableRead")]
    public void Check_OfAnotherListCase_NamesIt(string text, string names, string boundary)
    {
        (string Names, string Boundary, CheckVerdict) found = Check(text);
        (found.Names, found.Boundary).Should().Be((names, boundary));
    }

    [Theory]
    [InlineData("T1 failed wx1 · T2 rx1", "G1a", "ReadCommitted")]
    [InlineData("wx1 wx2 · rx1", "G-single-item G1b", "ReadCommitted")]
    [InlineData("wx1 ry2 · wy2 rx1", "G1c", "ReadCommitted")]
    [InlineData("rx_ wx1 · rx_ wx2", "G2-item lost-update", "ConsistentView RepeatableRead")]
    [InlineData("wx1 · rx1 wx2 · rx1 wx3", "G2-item lost-update", "ConsistentView RepeatableRead")]
    [InlineData("rx_ wy1 · ry_ wx1", "G2-item", "RepeatableRead")]
    [InlineData("wx1 wy1 · rx1 wx2 ry1 wy2 · rx1 ry2", "G-single-item", "ConsistentView RepeatableRead")]
    [InlineData("wx1 rx2 · wx2", "internal", "SnapshotIsolation RepeatableRead")]
    [InlineData("rx1 wx1", "future-read", "ReadCommitted")]
    [InlineData("rx9 · wx1", "garbage-read", "ReadUncommitted")]
    [InlineData("rx2 wx1 · rx1 wx2", "G0 cyclic-versions", "ReadUncommitted")]
    [InlineData("wx1 @1..2 · rx_ @3..4", "G-single-item-realtime", "StrongSnapshotIsolation")]
    [InlineData("wx1 @1..2 · wx2 @3..4 · rx1 @5..6", "G-single-item-realtime cyclic-versions-realtime", "StrongSnapshotIsolation")]
    [InlineData("wx1 @1..9 · wx2 @1..9 · p1 rx1 @2..3 · p1 rx2 @4..5 · p1 rx1 @6..7", "cyclic-versions-process", "StrongSessionSnapshotIsolation")]
    public void Check_OfARegisterCase_NamesItAndItsBoundary(string text, string names, string boundary) =>
        Check(text).Should().Be((names, boundary, CheckVerdict.Invalid));

    [Theory]
    [InlineData("T1 failed wx1 · T2 rx_")]
    [InlineData("T1 unknown wx1 · T2 rx1")]
    [InlineData("wx1 wx2 · rx2")]
    [InlineData("wx1 ry2 · wy2 rx_")]
    [InlineData("rx_ wx1 · rx1 wx2")]
    [InlineData("rx_ wy1 · ry1 wx1")]
    [InlineData("wx1 rx1 · wx2")]
    [InlineData("wx1 wy1 · rx1 wx2 ry1 wy2 · rx2 ry2")]
    [InlineData("wx1 @1..3 · rx_ @2..4")]
    [InlineData("wx1 @1..5 · wx2 @3..4 · rx1 @6..7")]
    [InlineData("wx1 @1..9 · wx2 @1..9 · p1 rx1 @2..3 · p1 rx1 @4..5 · p1 rx2 @6..7")]
    public void Check_OfARegisterNearMiss_FindsNothing(string text) => Check(text).Should().Be(("", "", CheckVerdict.Valid));

    [Fact]
    public void Check_OfKeysKnownToBeLinearizable_InfersMoreWithoutAStrictLevel()
    {
        TransactionHistory history = TransactionHistory.Parse("wx1 wy1 @1..2 · wx2 @3..4 · rx1 wz1 @5..6 · rz1 wx3 rx3 @7..8");
        TransactionChecker.Check(history, TransactionLevel.Serializable).IsValid.Should().BeTrue();

        TransactionCheckResult result = TransactionChecker.Check(history, TransactionLevel.Serializable, new TransactionCheckOptions { KeysAreLinearizable = true });

        result.Violations.Select(anomaly => anomaly.Name).Should().Contain("cyclic-versions");
    }

    [Fact]
    public void Check_ShowsTheCycleWithItsReasons()
    {
        TransactionCheckResult result = TransactionChecker.Check(TransactionHistory.Parse("T1 ax1 ay1 · T2 ax2 ry · T3 rx12"), TransactionLevel.Serializable);

        result.Violations.Should().ContainSingle().Which.Text.Should().Be(
            """
            G-single-item: T1 –ww[x]→ T2 –rw[y]→ T1
              T1: ax1 ay1
              T2: ax2 r y[]
              T1 –ww[x]→ T2 because T1 appended 1 to x, and T2 appended 2 behind it.
              T2 –rw[y]→ T1 because T2 read y = [], before T1 appended 1.
            """.Replace("r y[]", "ry[]", StringComparison.Ordinal));
        result.Violations[0].Cycle.Select(step => (step.Kind, step.Key)).Should().Equal((DependencyKind.WriteWrite, "x"), (DependencyKind.ReadWrite, "y"));
    }

    [Theory]
    [InlineData("T1 ax1 ax2 · T2 rx1", TransactionLevel.ReadUncommitted, true)]
    [InlineData("T1 ax1 ax2 · T2 rx1", TransactionLevel.ReadCommitted, false)]
    [InlineData("T1 ax1 ay1 · T2 ax2 ry · T3 rx12", TransactionLevel.ReadCommitted, true)]
    [InlineData("T1 ax1 ay1 · T2 ax2 ry · T3 rx12", TransactionLevel.ConsistentView, false)]
    [InlineData("T1 ax1 ay1 · T2 ax2 ry · T3 rx12", TransactionLevel.SnapshotIsolation, false)]
    [InlineData("T1 ax1 ry · T2 ay1 rx", TransactionLevel.SnapshotIsolation, true)]
    [InlineData("T1 ax1 ry · T2 ay1 rx", TransactionLevel.StrongSnapshotIsolation, true)]
    [InlineData("T1 ax1 ry · T2 ay1 rx", TransactionLevel.RepeatableRead, false)]
    [InlineData("T1 ax1 ry · T2 ay1 rx", TransactionLevel.Serializable, false)]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..4 · p2 rx1 @5..6 · p3 rx12 @7..8", TransactionLevel.StrongSessionSerializable, true)]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..4 · p2 rx1 @5..6 · p3 rx12 @7..8", TransactionLevel.StrongSnapshotIsolation, false)]
    [InlineData("p0 ax1 @1..2 · p1 ax2 @3..4 · p2 rx1 @5..6 · p3 rx12 @7..8", TransactionLevel.StrictSerializable, false)]
    [InlineData("T1 rx rw1 · T2 ax1 az1 · T3 rz1 ry · T4 ay1 aw1", TransactionLevel.ConsistentView, true)]
    [InlineData("T1 rx rw1 · T2 ax1 az1 · T3 rz1 ry · T4 ay1 aw1", TransactionLevel.SnapshotIsolation, false)]
    public void Check_AtALevel_RefusesWhatTheLevelExcludes(string text, TransactionLevel level, bool valid) =>
        TransactionChecker.Check(TransactionHistory.Parse(text), level).IsValid.Should().Be(valid);

    [Fact]
    public void Check_PastItsTime_IsUnknownAndNeverValid()
    {
        TransactionCheckOptions options = new() { Timeout = TimeSpan.FromTicks(1), TimeProvider = new HurryingClock() };

        TransactionCheckResult result = TransactionChecker.Check(TransactionHistory.Parse("ax1 · rx1"), options: options);

        (result.Verdict, result.IsValid).Should().Be((CheckVerdict.Unknown, false));
        result.Limit.Should().Contain("stopped after");
        result.ToString().Should().StartWith("StrictSerializable: unknown");
    }

    [Fact]
    public void Check_WhenCancelled_Throws()
    {
        Action check = () => TransactionChecker.Check(TransactionHistory.Parse("ax1"), cancellationToken: new CancellationToken(canceled: true));

        check.Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Check_WithManyReadersAndUnreadWrites_TakesFewEdges()
    {
        const int Each = 500;
        TransactionHistory history = TransactionHistory.Of(
            Enumerable.Range(0, Each).Select(i => new TransactionRecord(MicroOperation.ReadList("x", []), MicroOperation.Append("y", i)))
                .Concat(Enumerable.Range(0, Each).Select(i => new TransactionRecord(MicroOperation.ReadList("x", []), MicroOperation.Append("x", i)))));

        TransactionCheckResult result = TransactionChecker.Check(history, TransactionLevel.Serializable);

        result.Dependencies.Should().BeLessThan(10 * Each);
        result.Violations.Select(anomaly => anomaly.Name).Should().Equal("G2-item", "lost-update");
        result.Violations[0].Transactions.Should().HaveCount(2).And.OnlyContain(record => record.Operations.Any(step => step.Kind == MicroOperationKind.Append && step.Key == "x"));
    }

    // Whoever reads and writes the key comes before all other writers, and not before itself.
    [Theory]
    [InlineData(0)]
    [InlineData(250)]
    [InlineData(499)]
    public void Check_WithOneReaderAmongManyUnreadWrites_FindsNothing(int place)
    {
        const int Each = 500;
        TransactionHistory history = TransactionHistory.Of(
            Enumerable.Range(0, Each).Select(i => new TransactionRecord(MicroOperation.ReadList("x", []), MicroOperation.Append("y", i)))
                .Concat(Enumerable.Range(0, Each).Select(i => new TransactionRecord([.. i == place ? [MicroOperation.ReadList("x", [])] : Array.Empty<MicroOperation>(), MicroOperation.Append("x", i)]))));

        TransactionCheckResult result = TransactionChecker.Check(history, TransactionLevel.Serializable);

        result.Verdict.Should().Be(CheckVerdict.Valid, result.ToString());
        result.Dependencies.Should().BeInRange(Each, 10 * Each);
    }

    [Fact]
    public void Check_OfManyCyclesOfOneName_ReportsAFewInFull()
    {
        string text = string.Join('\n', Enumerable.Range(0, 50).Select(i => $"a\"x{i}\"1 r\"y{i}\"\na\"y{i}\"1 r\"x{i}\""));

        TransactionChecker.Check(TransactionHistory.Parse(text), options: new TransactionCheckOptions { MaxAnomaliesPerName = 3 }).Violations.Should().HaveCount(3);
    }

    private static (string Names, string Boundary, CheckVerdict Verdict) Check(string text)
    {
        TransactionCheckResult result = TransactionChecker.Check(TransactionHistory.Parse(text));
        (result.Verdict == CheckVerdict.Invalid).Should().Be(result.Violations.Count > 0);
        return (string.Join(' ', result.Violations.Select(anomaly => anomaly.Name).Distinct().Order(StringComparer.Ordinal)), string.Join(' ', result.WeakestViolated), result.Verdict);
    }

    // Every look at it is a second later.
    private sealed class HurryingClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;
    }
}
