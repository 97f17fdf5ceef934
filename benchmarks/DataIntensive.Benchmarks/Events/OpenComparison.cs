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

    // As FillAsync, or as in a system of many parts: five types, four categories, a tag for each event, and other records between them.
    public static async Task RunAsync(int events, bool isMixed)
    {
        string folder = EventComparison.NewFolder();
        double snapshotSeconds = await FillAndSnapshotAsync(folder, events, isMixed);
        double loaded = await OpenAsync(folder, events, isMixed);
        double again = await OpenAsync(folder, events, isMixed);
        string[] snapshots = Directory.GetFiles(folder, "*.snap");
        long size = snapshots.Sum(file => new FileInfo(file).Length);
        Array.ForEach(snapshots, File.Delete);
        double replayed = await OpenAsync(folder, events, isMixed);
        double fromSnapshot = Math.Min(loaded, again);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| open a store of {events:N0} events{(isMixed ? ", five types, a tag each, other records between them" : "")} (bare: full replay; the log trusted) | in files | {replayed:0.00} s | **{replayed / fromSnapshot:0.0}×** {fromSnapshot:0.000} s; snapshot {size / (double)events:0.0} B an event, written in {snapshotSeconds:0.00} s | – |"));
        Directory.Delete(folder, recursive: true);
    }

    private static DatabaseSchema MixedSchema() => EventWorkload.MixedSchema().AddStore<int, int>("others");

    private static async Task<Database> FillMixedAsync(string folder, int events)
    {
        Database database = await Database.OpenAsync(folder, MixedSchema(), Options);
        DatabaseEventStore store = database.Events();
        DatabaseStore<int, int> others = database.Store<int, int>("others");
        int streams = Math.Max(1, events / PerStream);
        for (int i = 0; i < events; i += PerCommit)
        {
            await database.ExecuteAsync(transaction =>
            {
                EventBatch batch = new();
                for (int j = i; j < Math.Min(events, i + PerCommit); j += 2)
                {
                    int stream = (int)((uint)j * 2_654_435_769 % (uint)streams);
                    batch.Append($"{(stream % 4) switch { 0 => "cart", 1 => "order", 2 => "parcel", _ => "customer" }}-{stream}", ExpectedVersion.Any, EventWorkload.MixedAt(j), EventWorkload.MixedAt(j + 1));
                }

                store.In(transaction).Append(batch).OrThrow();
                for (int j = 0; j < PerCommit / 4; j++)
                {
                    others.In(transaction).Write(j, i);
                }
            });
        }

        return database;
    }

    private static async Task<double> FillAndSnapshotAsync(string folder, int events, bool isMixed)
    {
        await using Database database = isMixed ? await FillMixedAsync(folder, events) : await FillAsync(folder, events);
        long start = Stopwatch.GetTimestamp();
        await database.SnapshotAsync();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Written by hand only, and the log is not read again to check it: what is measured is how the states come to be.
    private static DatabaseOptions Options => new() { StateSnapshotBytes = long.MaxValue, Log = new CommitLogOptions { OpenCheck = LogOpenCheck.Unproven } };

    private static async Task<double> OpenAsync(string folder, int events, bool isMixed)
    {
        long start = Stopwatch.GetTimestamp();
        await using Database database = await Database.OpenAsync(folder, isMixed ? MixedSchema() : EventWorkload.Schema(), Options);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return database.Events().Head.Value == events ? seconds : throw new InvalidOperationException("Not all events are there.");
    }
}
