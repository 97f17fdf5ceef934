using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>What transactions of a database read and wrote, judged by the checker: in memory, and over a log.</summary>
public sealed class DatabaseHistorySpecs(ITestOutputHelper output)
{
    private const int Processes = 6;
    private const int TransactionsEach = 150;

    [Theory]
    [InlineData(false, 3)]
    [InlineData(false, 40)]
    [InlineData(true, 3)]
    [InlineData(true, 40)]
    public async Task Transactions_AreStrictlySerializable(bool logged, int keys)
    {
        await using Database database = await OpenAsync(logged);
        ListWorkload workload = new(database, keys, TransactionIsolation.Serializable);

        TransactionHistory history = await workload.RunAsync(Processes, TransactionsEach);
        TransactionCheckResult result = TransactionChecker.Check(history);

        output.WriteLine($"{history.Transactions.Count} transactions, {workload.Failed} refused, {result.Dependencies} dependencies");
        result.Verdict.Should().Be(CheckVerdict.Valid, result.ToString());
        result.Anomalies.Should().BeEmpty();
        result.Dependencies.Should().BeGreaterThan(TransactionsEach * Processes);
        Concurrent(history).Should().BeGreaterThan(TransactionsEach, "the transactions overlap");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SnapshotTransactions_KeepStrongSnapshotIsolation(bool logged)
    {
        await using Database database = await OpenAsync(logged);
        ListWorkload workload = new(database, keys: 5, TransactionIsolation.Snapshot);

        // One write skew is made; what others there are depends on who comes first.
        await workload.SkewAsync();
        TransactionHistory history = await workload.RunAsync(Processes, TransactionsEach);
        TransactionCheckResult result = TransactionChecker.Check(history, TransactionLevel.StrongSnapshotIsolation);

        output.WriteLine($"{history.Transactions.Count} transactions, {workload.Failed} refused, {result.Anomalies.Count} anomalies: {string.Join(", ", result.Anomalies.Select(anomaly => anomaly.Name).Distinct())}");
        result.Verdict.Should().Be(CheckVerdict.Valid, result.ToString());
        Concurrent(history).Should().BeGreaterThan(TransactionsEach, "the transactions overlap");
        result.Anomalies.Should().OnlyContain(anomaly => anomaly.Kind == TransactionAnomalyKind.G2Item, "write skew is all that it allows");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WriteSkew_ShowsUnderSnapshot_AndIsNamed(bool logged)
    {
        await using Database database = await OpenAsync(logged);
        ListWorkload workload = new(database, keys: 2, TransactionIsolation.Snapshot);

        TransactionHistory history = await workload.SkewAsync();

        workload.Failed.Should().Be(0);
        TransactionChecker.Check(history, TransactionLevel.StrongSnapshotIsolation).IsValid.Should().BeTrue();
        TransactionCheckResult serializable = TransactionChecker.Check(history, TransactionLevel.Serializable);
        serializable.Violations.Should().ContainSingle().Which.Name.Should().Be("G2-item");
        output.WriteLine(serializable.ToString());
    }

    [Fact]
    public async Task WriteSkew_UnderSerializable_IsRefused()
    {
        await using Database database = await OpenAsync(logged: false);
        ListWorkload workload = new(database, keys: 2, TransactionIsolation.Serializable);

        TransactionHistory history = await workload.SkewAsync();

        workload.Failed.Should().Be(1);
        TransactionChecker.Check(history).IsValid.Should().BeTrue();
    }

    // Were a recorded history always valid, the tests above could not fail.
    [Fact]
    public async Task ARecordedHistory_WithOneReadChanged_IsRefused()
    {
        await using Database database = await OpenAsync(logged: false);
        TransactionHistory history = await new ListWorkload(database, 3, TransactionIsolation.Serializable).RunAsync(Processes, TransactionsEach);
        TransactionRecord[] records = [.. history.Transactions];
        int changed = Array.FindLastIndex(records, record => record.Operations is [{ Kind: MicroOperationKind.ReadList, Elements.Length: > 20 }]);
        MicroOperation read = records[changed].Operations[0];
        records[changed] = new TransactionRecord(MicroOperation.ReadList(read.Key, read.Elements[..^20]))
        {
            Process = records[changed].Process,
            CalledAt = records[changed].CalledAt,
            ReturnedAt = records[changed].ReturnedAt,
        };

        TransactionCheckResult result = TransactionChecker.Check(TransactionHistory.Of(records));

        result.Violations.SelectMany(anomaly => anomaly.Transactions).Should().Contain(records[changed]);
    }

    private static async Task<Database> OpenAsync(bool logged) =>
        logged
            ? await Database.OpenAsync(await CommitLog.OpenAsync(new FaultyStorage()), ListWorkload.Schema)
            : Database.InMemory(ListWorkload.Schema);

    private static int Concurrent(TransactionHistory history)
    {
        long returned = 0;
        int count = 0;
        foreach (TransactionRecord record in history.Transactions.OrderBy(record => record.CalledAt))
        {
            count += record.CalledAt < returned ? 1 : 0;
            returned = Math.Max(returned, record.ReturnedAt ?? 0);
        }

        return count;
    }
}
