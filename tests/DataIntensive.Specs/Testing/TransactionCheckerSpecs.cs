using System.Diagnostics;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>The checker agrees with trying all schedules, on thousands of tiny histories, and takes big ones.</summary>
public sealed class TransactionCheckerSpecs(ITestOutputHelper output)
{
    private static readonly TransactionLevel[] Serial =
        [TransactionLevel.Serializable, TransactionLevel.StrongSessionSerializable, TransactionLevel.StrictSerializable];

    private static readonly TransactionLevel[] Snapshot =
        [TransactionLevel.SnapshotIsolation, TransactionLevel.StrongSessionSnapshotIsolation, TransactionLevel.StrongSnapshotIsolation];

    private static int Histories => SpecRun.IsLong ? 200_000 : 5_000;

    [Fact]
    public void Lists_AreJudgedAsBySearchingAllSchedules()
    {
        Dictionary<(TransactionLevel, bool), int> counts = [];
        for (int seed = FirstSeed(); seed < FirstSeed() + Histories; seed++)
        {
            TransactionHistory history = new TinyTransactions(seed).Lists();
            foreach (TransactionLevel level in Serial.Concat(Snapshot))
            {
                bool allowed = new ScheduleSearch(history).Allows(level);
                TransactionCheckResult result = TransactionChecker.Check(history, level);

                // Which of two writers comes first that nobody read, snapshot isolation may ask; then the checker must not accuse, but may miss.
                bool mustFind = Serial.Contains(level) || MostUnread(history) <= 1;
                if (allowed ? !result.IsValid : mustFind && result.IsValid)
                {
                    Assert.Fail($"seed {seed}, {level}: by search {allowed}\n{history}\n{result}");
                }

                counts[(level, allowed)] = counts.GetValueOrDefault((level, allowed)) + 1;
            }
        }

        Tell(counts);
        counts.Values.Should().OnlyContain(count => count > Histories / 20, "both verdicts are common");
        counts.Should().HaveCount(12);
    }

    [Fact]
    public void RegistersThatAreReadBeforeTheyAreWritten_AreJudgedAsBySearchingAllSchedules()
    {
        Dictionary<(TransactionLevel, bool), int> counts = [];
        for (int seed = FirstSeed(); seed < FirstSeed() + Histories; seed++)
        {
            TransactionHistory history = new TinyTransactions(seed).Registers(blindWrites: false);
            foreach (TransactionLevel level in Serial)
            {
                bool allowed = new ScheduleSearch(history).Allows(level);
                TransactionCheckResult result = TransactionChecker.Check(history, level);

                // What an unknown outcome read before it wrote is not known, so its place among the versions is not.
                bool mustFind = history.Transactions.All(record => record.Outcome != TransactionOutcome.Unknown);
                if (allowed ? !result.IsValid : mustFind && result.IsValid)
                {
                    Assert.Fail($"seed {seed}, {level}: by search {allowed}\n{history}\n{result}");
                }

                counts[(level, allowed)] = counts.GetValueOrDefault((level, allowed)) + 1;
            }
        }

        Tell(counts);
        counts.Values.Should().OnlyContain(count => count > Histories / 20, "both verdicts are common");
    }

    [Fact]
    public void RegistersThatAreWrittenBlindly_AreNotAccusedWrongly()
    {
        (int missed, int found) = (0, 0);
        for (int seed = FirstSeed(); seed < FirstSeed() + Histories; seed++)
        {
            TransactionHistory history = new TinyTransactions(seed).Registers(blindWrites: true);
            foreach (TransactionLevel level in Serial.Concat(Snapshot))
            {
                bool allowed = new ScheduleSearch(history).Allows(level);
                TransactionCheckResult result = TransactionChecker.Check(history, level);
                if (allowed && !result.IsValid)
                {
                    Assert.Fail($"seed {seed}, {level}: a schedule explains it\n{history}\n{result}");
                }

                missed += !allowed && result.IsValid ? 1 : 0;
                found += !allowed && !result.IsValid ? 1 : 0;
            }
        }

        output.WriteLine($"from seed {FirstSeed()}: {found} violations found, {missed} not inferred");
        found.Should().BeGreaterThan(missed);
    }

    [Fact]
    public void AMillionListOperations_AreChecked()
    {
        List<TransactionRecord> records = new SerialSimulator(FirstSeed()).Run(1_000_000);

        TransactionCheckResult result = Measure("serial", records, TransactionLevel.StrictSerializable);

        result.Verdict.Should().Be(CheckVerdict.Valid, result.ToString());
        result.Anomalies.Should().BeEmpty();
        result.Dependencies.Should().BeGreaterThan(1_000_000);
    }

    [Fact]
    public void OneStaleReadAmongAMillionListOperations_IsFound()
    {
        List<TransactionRecord> records = new SerialSimulator(FirstSeed()).Run(1_000_000);
        int stale = MakeStale(records, records.Count / 2);

        TransactionCheckResult result = Measure("one stale read", records, TransactionLevel.StrictSerializable);

        result.Verdict.Should().Be(CheckVerdict.Invalid);
        result.Violations.SelectMany(anomaly => anomaly.Transactions).Should().Contain(records[stale]);
        result.Violations[0].Cycle.Count.Should().BeLessThan(6, "the shortest cycle is short");
        output.WriteLine(result.Violations[0].Text);
    }

    [Fact]
    public void AReadThatIsAMillionOperationsOld_IsFound()
    {
        List<TransactionRecord> records = new SerialSimulator(FirstSeed()).Run(1_000_000);
        TransactionRecord late = new(MicroOperation.ReadList("k0", [1])) { Process = 99, CalledAt = records.Count * 20L, ReturnedAt = records.Count * 21L };
        records.Add(late);

        TransactionCheckResult result = Measure("one old read", records, TransactionLevel.StrictSerializable);

        result.Violations.Should().ContainSingle().Which.Name.Should().Be("G-single-item-realtime");
        result.Violations[0].Transactions.Should().Contain(late).And.HaveCount(2);
        output.WriteLine(result.Violations[0].Text);
        TransactionChecker.Check(TransactionHistory.Of(records), TransactionLevel.Serializable).IsValid.Should().BeTrue();
    }

    // Takes the last element from a read that only saw others' appends, and returns where.
    private static int MakeStale(List<TransactionRecord> records, int from)
    {
        for (int i = from; ; i++)
        {
            MicroOperation[] steps = [.. records[i].Operations];
            int read = Array.FindIndex(steps, step => step.Kind == MicroOperationKind.ReadList && step.Elements.Length > 3 && steps.Count(other => other.Key == step.Key) == 1);
            if (read >= 0 && steps.Length > 3)
            {
                steps[read] = MicroOperation.ReadList(steps[read].Key, steps[read].Elements[..^3]);
                records[i] = new TransactionRecord(steps) { Process = records[i].Process, CalledAt = records[i].CalledAt, ReturnedAt = records[i].ReturnedAt };
                return i;
            }
        }
    }

    private static int MostUnread(TransactionHistory history)
    {
        HashSet<(string, long)> read = [];
        foreach (MicroOperation step in history.Transactions.Where(record => record.Outcome == TransactionOutcome.Committed).SelectMany(record => record.Operations))
        {
            foreach (long element in step.Elements)
            {
                read.Add((step.Key, element));
            }
        }

        return history.Transactions.Where(record => record.Outcome != TransactionOutcome.Failed)
            .SelectMany(record => record.Operations.Where(step => step.Kind == MicroOperationKind.Append && !read.Contains((step.Key, step.Value!.Value))).Select(step => (step.Key, record)).Distinct())
            .GroupBy(pair => pair.Key).Select(writers => writers.Count()).DefaultIfEmpty().Max();
    }

    private static int FirstSeed() => 1;

    private TransactionCheckResult Measure(string what, List<TransactionRecord> records, TransactionLevel level)
    {
        TransactionHistory history = TransactionHistory.Of(records);
        int operations = records.Sum(record => record.Operations.Count);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        TransactionCheckResult result = TransactionChecker.Check(history, level);
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        output.WriteLine($"{what}: {operations} operations in {records.Count} transactions, {result.Dependencies} dependencies, {taken.TotalSeconds:F1} s, {allocated / operations} bytes allocated an operation");
        return result;
    }

    private void Tell(Dictionary<(TransactionLevel Level, bool Allowed), int> counts)
    {
        output.WriteLine($"seeds {FirstSeed()} to {FirstSeed() + Histories - 1}");
        foreach (((TransactionLevel level, bool allowed), int count) in counts.OrderBy(pair => pair.Key))
        {
            output.WriteLine($"{level}: {count} {(allowed ? "allowed" : "not allowed")}");
        }
    }
}
