using System.Diagnostics;
using System.Globalization;

namespace DataIntensive.Benchmarks.Events;

internal static class OpenComparison
{
    private const int PerCommit = 1_000;
    private const int PerStream = 100;

    // Streams of a hundred events, which come in turns of ten.
    public static async Task<Database> FillAsync(string folder, int events)
    {
        Database database = await Database.OpenAsync(folder, EventWorkload.Schema(), Options);
        DatabaseEventStore store = database.Events();
        int streams = Math.Max(1, events / PerStream);
        for (int i = 0; i < events; i += PerCommit)
        {
            EventBatch batch = new();
            for (int j = i; j < Math.Min(events, i + PerCommit); j += 10)
            {
                batch.Append($"cart-{j / 10 % streams}", ExpectedVersion.Any, Enumerable.Range(j, 10).Select(EventWorkload.At));
            }

            (await store.AppendAsync(batch)).OrThrow();
        }

        return database;
    }

    public static async Task RunAsync(int events)
    {
        string folder = EventComparison.NewFolder();
        double snapshotSeconds = await FillAndSnapshotAsync(folder, events);
        double loaded = await OpenAsync(folder, events);
        double again = await OpenAsync(folder, events);
        string[] snapshots = Directory.GetFiles(folder, "*.snap");
        long size = snapshots.Sum(file => new FileInfo(file).Length);
        Array.ForEach(snapshots, File.Delete);
        double replayed = await OpenAsync(folder, events);
        double fromSnapshot = Math.Min(loaded, again);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| open a store of {events:N0} events (bare: full replay; the log trusted) | in files | {replayed:0.00} s | **{replayed / fromSnapshot:0.0}×** {fromSnapshot:0.000} s; snapshot {size / (double)events:0.0} B an event, written in {snapshotSeconds:0.00} s | – |"));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<double> FillAndSnapshotAsync(string folder, int events)
    {
        await using Database database = await FillAsync(folder, events);
        long start = Stopwatch.GetTimestamp();
        await database.SnapshotAsync();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Written by hand only, and the log is not read again to check it: what is measured is how the states come to be.
    private static DatabaseOptions Options => new() { StateSnapshotBytes = long.MaxValue, Log = new CommitLogOptions { OpenCheck = LogOpenCheck.Unproven } };

    private static async Task<double> OpenAsync(string folder, int events)
    {
        long start = Stopwatch.GetTimestamp();
        await using Database database = await Database.OpenAsync(folder, EventWorkload.Schema(), Options);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return database.Events().Head.Value == events ? seconds : throw new InvalidOperationException("Not all events are there.");
    }
}
