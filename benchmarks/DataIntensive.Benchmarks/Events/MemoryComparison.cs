using System.Globalization;
using System.Runtime;

namespace DataIntensive.Benchmarks.Events;

/// <summary>
/// What the events of an open store keep alive in the process: bytes of the managed heap after a full, compacting collection, less those of
/// an open store without events. Streams of a hundred events, whose own cost is in it.
/// </summary>
internal static class MemoryComparison
{
    private const int PerCommit = 1_000;
    private const int PerStream = 100;
    private const int DifferentTags = 1_000;
    private const int LeftPerEvent = 15;
    private const int LeftPerTag = 7;

    private static DatabaseOptions Options => new() { StateSnapshotBytes = long.MaxValue, Log = new CommitLogOptions { OpenCheck = LogOpenCheck.Unproven } };

    public static async Task RunAsync(int events)
    {
        // Once to have everything compiled, and the pools filled.
        await MeasureAsync(50_000, tags: 1);
        Sample plain = await MeasureAsync(events, tags: 0);
        Sample tagged = await MeasureAsync(events, tags: 1);
        Console.WriteLine(Row($"memory of an event, {events:N0} events without tags (bar: 48 B)", plain));
        Console.WriteLine(Row("and of one tag on each (bar: 8 B)", tagged.Less(plain)));
    }

    private static string Row(string what, Sample sample) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | in files | – | appended **{sample.Appended:0.0} B**, replayed {sample.Replayed:0.0} B, from a snapshot {sample.Loaded:0.0} B, half of them archived {sample.Archived:0.0} B; as it counts itself {sample.Counted:0.0} B | – |");

    private static async Task<Sample> MeasureAsync(int events, int tags)
    {
        string folder = EventComparison.NewFolder();
        try
        {
            Sample sample = new();
            double empty;
            await using (Database database = await OpenAsync(folder))
            {
                empty = Live();
                await FillAsync(database.Events(), events, tags);
                sample = sample with { Appended = (Live() - empty) / events, Counted = database.StateBytes / (double)events };
            }

            await using (Database database = await OpenAsync(folder))
            {
                sample = sample with { Replayed = (Live() - empty) / events };
                await database.SnapshotAsync();
            }

            await using (Database database = await OpenAsync(folder))
            {
                sample = sample with { Loaded = (Live() - empty) / events };
            }

            Array.ForEach(Directory.GetFiles(folder, "*.snap"), File.Delete);
            await using (Database database = await OpenAsync(folder))
            {
                await ArchiveHalfAsync(database, events, tags);
                sample = sample with { Archived = (Live() - empty) / events };
            }

            return sample;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<Database> OpenAsync(string folder) => Database.OpenAsync(folder, EventWorkload.Schema(), Options);

    private static async Task FillAsync(DatabaseEventStore store, int events, int tags)
    {
        int streams = Math.Max(1, events / PerStream);
        for (int i = 0; i < events; i += PerCommit)
        {
            EventBatch batch = new();
            for (int j = i; j < i + PerCommit; j += 10)
            {
                batch.Append($"cart-{j / 10 % streams}", ExpectedVersion.Any, Enumerable.Range(j, 10).Select(n => tags == 0 ? (object)EventWorkload.At(n) : new EventData(EventWorkload.At(n)) { Tags = [$"t:{n % DifferentTags}"] }));
            }

            (await store.AppendAsync(batch)).OrThrow();
        }
    }

    // Every other stream, few in a commit: the log keeps buffers of the size of the largest. They leave in the background.
    private static async Task ArchiveHalfAsync(Database database, int events, int tags)
    {
        long left = database.StateBytes - (events / 2 * (LeftPerEvent + (tags * LeftPerTag)));
        foreach (int[] streams in Enumerable.Range(0, events / PerStream / 2).Select(i => i * 2).Chunk(20))
        {
            EventBatch batch = new();
            Array.ForEach(streams, stream => batch.Archive($"cart-{stream}"));
            (await database.Events().AppendAsync(batch)).OrThrow();
        }

        for (int i = 0; database.StateBytes > left; i++)
        {
            await Task.Delay(i < 1_000 ? 100 : throw new InvalidOperationException("The archived streams did not leave."));
        }

        await Task.Delay(1_000);
    }

    private static double Live()
    {
        for (int i = 0; i < 3; i++)
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private readonly record struct Sample(double Appended, double Replayed, double Loaded, double Archived, double Counted)
    {
        public Sample Less(Sample other) => new(Appended - other.Appended, Replayed - other.Replayed, Loaded - other.Loaded, Archived - other.Archived, Counted - other.Counted);
    }
}
