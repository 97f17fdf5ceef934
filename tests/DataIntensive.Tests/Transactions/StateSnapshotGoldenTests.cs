using System.Globalization;
using DataIntensive.Events;
using DataIntensive.Tests.Events;
using DataIntensive.Transactions;

namespace DataIntensive.Tests.Transactions;

/// <summary>
/// A database with a state snapshot of format 1.0 stays readable for good. Never write it anew: when this fails, the change broke what
/// users have on their disks. <c>DATAINTENSIVE_WRITE_GOLDEN</c> names an empty folder for one of a new format.
/// </summary>
public sealed class StateSnapshotGoldenTests
{
    private static readonly IdempotencyKey Key = IdempotencyKey.Create("golden", 1);

    private static readonly DatabaseSchema Schema = new DatabaseSchema()
        .AddStore<string, int>("numbers", options: new StoreOptions<string> { KeptPositions = 1_000 })
        .AddStore<int, string>("texts")
        .AddEvents(TestEvents.Map)
        .AddIdempotency(new IdempotencyOptions { Retention = TimeSpan.MaxValue })
        .AddCheckpoints();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Golden => Path.Combine(AppContext.BaseDirectory, "Transactions", "Golden", "1.0");

    [Fact]
    public async Task GoldenSnapshot_IsReadAsItWasWritten()
    {
        string expected = await File.ReadAllTextAsync(Path.Combine(Golden, "contents.txt"), Stop);
        using TemporaryDirectory copy = new();
        foreach (string file in Directory.GetFiles(Golden))
        {
            File.Copy(file, copy.File(Path.GetFileName(file)));
        }

        await using (Database database = await Database.OpenAsync(copy.Path, Schema, cancellationToken: Stop))
        {
            database.Recovery.SnapshotPosition.Should().NotBe(LogPosition.Start);
            database.Recovery.RecordsReplayed.Should().Be(1, "everything but the last write stands in the snapshot");
            (await DescribeAsync(database)).Should().Be(expected);
        }

        File.Delete(Directory.GetFiles(copy.Path, "state-*.snap").Single());
        await using Database replayed = await Database.OpenAsync(copy.Path, Schema, cancellationToken: Stop);
        replayed.Recovery.SnapshotPosition.Should().Be(LogPosition.Start);
        (await DescribeAsync(replayed)).Should().Be(expected);
    }

    [Fact]
    public async Task WhatIsWrittenNow_IsReadTheSame()
    {
        using TemporaryDirectory written = new();
        string folder = Environment.GetEnvironmentVariable("DATAINTENSIVE_WRITE_GOLDEN") is { } golden ? Path.Combine(golden, "database") : written.Path;
        string contents;
        await using (Database database = await Database.OpenAsync(folder, Schema, new DatabaseOptions { Log = new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 0 } }, Stop))
        {
            await WriteAsync(database);
            contents = await DescribeAsync(database);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "contents.txt"), contents, Stop);
        await using Database again = await Database.OpenAsync(folder, Schema, cancellationToken: Stop);
        again.Recovery.RecordsReplayed.Should().Be(1);
        (await DescribeAsync(again)).Should().Be(contents);
    }

    private static async Task WriteAsync(Database database)
    {
        DatabaseStore<string, int> numbers = database.Store<string, int>("numbers");
        DatabaseStore<int, string> texts = database.Store<int, string>("texts");
        for (int i = 0; i < 20; i++)
        {
            await numbers.WriteAsync($"k{i % 5}", i, Stop);
            await texts.WriteAsync(i, $"text {i}", Stop);
            await database.Events().AppendAsync($"account-{i % 3}", ExpectedVersion.Any, [new Deposited(i)], Stop);
        }

        await numbers.DeleteAsync("k4", Stop);
        await numbers.WriteAsync("ends", 7, TimeSpan.FromDays(365 * 1_000), Stop);
        await database.Idempotency().ExecuteInTransactionAsync(Key, _ => 42, cancellationToken: Stop);
        await database.Checkpoints().SaveAsync("reader", database.Visible, Stop);
        await database.SnapshotAsync(Stop);
        await texts.WriteAsync(100, "behind the snapshot", Stop);
    }

    private static async Task<string> DescribeAsync(Database database)
    {
        List<string> lines = [];
        DatabaseStore<string, int> numbers = database.Store<string, int>("numbers");
        lines.AddRange(numbers.ReadAll().OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key} {entry.Value.Value} {entry.Value.Revision} {entry.Value.Version} {entry.Value.Deadline:O}"));
        lines.Add($"k4 was {(await numbers.ReadAsOfAsync("k4", new LogPosition(60), Stop)).Value}");
        lines.AddRange(database.Store<int, string>("texts").ReadAll().OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} {entry.Value.Value} {entry.Value.Revision} {entry.Value.Version}"));
        await foreach (RecordedEvent recorded in database.Events().ReadAsync(EventQuery.All, cancellationToken: Stop))
        {
            lines.Add($"{recorded.Position} {recorded.Stream} {recorded.Version} {recorded.Name} {recorded.Data} {recorded.Timestamp:O}");
        }

        int replayed = await database.Idempotency().ExecuteInTransactionAsync(Key, _ => -1, cancellationToken: Stop) is { Outcome: IdempotencyOutcome.Replayed } result ? result.Value : -1;
        lines.Add($"{replayed} {database.Checkpoints().Read("reader")}");
        return string.Join('\n', lines.Select(line => line.ToString(CultureInfo.InvariantCulture))) + "\n";
    }
}
