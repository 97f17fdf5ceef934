namespace DataIntensive.CrashHost;

/// <summary>One life of a process that appends events: every batch is over the writer's stream and one that all share.</summary>
internal sealed class EventsLife(string folder, ulong seed, int writers, Acknowledgements acknowledgements)
{
    public const string Shared = "shared";

    // State snapshots as often as they may be, so that kills meet them.
    public static DatabaseOptions Options { get; } = new() { Log = LogLife.Options, StateSnapshotBytes = 64 * 1024 };

    public static DatabaseSchema MakeSchema() => new DatabaseSchema().AddEvents(CrashEvents.Map);

    public static string StreamOf(int writer) => $"writer-{writer}";

    public static EventBatch BatchOf(CrashCommit commit)
    {
        EventBatch batch = new();
        for (int index = 0; index < commit.Records; index++)
        {
            batch.Append(StreamOf(commit.Writer), ExpectedVersion.Any, DataOf(commit, index));
        }

        return batch.Append(Shared, ExpectedVersion.Any, DataOf(commit, commit.Records));
    }

    public static CrashEvent EventOf(CrashCommit commit, int index) =>
        new(commit.Writer, commit.Sequence, index, Convert.ToBase64String(commit.BodyOf(index)));

    public async Task RunAsync()
    {
        await using Database database = await Database.OpenAsync(folder, MakeSchema(), Options);
        DatabaseEventStore events = database.Events();
        long[] last = new long[writers];
        await foreach (RecordedEvent shared in events.ReadStreamAsync(Shared))
        {
            CrashEvent found = (CrashEvent)shared.Data;
            last[found.Writer] = found.Sequence;
        }

        acknowledgements.Opened();
        await await Task.WhenAny(Enumerable.Range(0, writers).Select(writer => Task.Run(() => AppendAsync(events, writer, last[writer]))));
    }

    private async Task AppendAsync(DatabaseEventStore events, int writer, long last)
    {
        if (last > 0 && !(await events.AppendAsync(BatchOf(new CrashCommit(seed, writer, last)))).IsDuplicate)
        {
            throw new InvalidOperationException($"Batch {last} of writer {writer} was stored twice.");
        }

        for (long sequence = last + 1; ; sequence++)
        {
            AppendResult result = (await events.AppendAsync(BatchOf(new CrashCommit(seed, writer, sequence)))).OrThrow();
            acknowledgements.Acknowledged(writer, sequence, new LogPosition(result.Position.Value));
        }
    }

    private static EventData DataOf(CrashCommit commit, int index) =>
        new(EventOf(commit, index)) { Id = new Guid(commit.Writer, (short)index, 0, BitConverter.GetBytes(commit.Sequence)), Tags = [new EventTag($"writer:{commit.Writer}")] };
}
