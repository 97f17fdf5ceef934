using DataIntensive.Logs;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Events;

/// <summary>
/// Writers of an event store over a disk that crashes, life after life, and what must be found behind each crash. A writer has streams of
/// its own, so that it knows what it was told of them.
/// </summary>
internal sealed class CrashedEvents(int seed)
{
    private const int Writers = 2;
    private const int StreamsEach = 3;

    private static readonly DatabaseSchema Schema = new DatabaseSchema()
        .AddEvents(events => events.Map("said", 1, SaidJson.Default.Said))
        .AddCheckpoints();

    private readonly Lock _gate = new();

    // How many events each batch has, and whether it was acknowledged; one that is not may be there or not, and stays as it is found.
    private readonly Dictionary<string, (int Events, bool IsAcknowledged)> _batches = [];

    // Null when that is not known.
    private readonly Dictionary<string, bool?> _archived = [];
    private readonly long[] _checkpoints = new long[Writers];

    public int Crashes { get; private set; }

    public int CrashesAtOpening { get; private set; }

    public int Acknowledged { get; private set; }

    public int Unknown { get; private set; }

    public int Survived { get; private set; }

    public int FromSnapshot { get; private set; }

    public int Compactions { get; private set; }

    public int Archived { get; private set; }

    public async Task RunAsync(CrashKind kind, int lives)
    {
        FaultyStorage disk = new(Faults(life: 0));
        for (int life = 1; life <= lives; life++)
        {
            await LiveAsync(disk, life);
            Crashes += disk.Report.CrashedAt is null ? 0 : 1;
            disk = disk.AfterCrash(kind, life == lives ? new FaultyStorageOptions { Seed = (ulong)(uint)seed } : Faults(life));
        }

        await using Database last = await OpenAsync(disk);
        await ExpectAsync(last);
    }

    private FaultyStorageOptions Faults(int life) =>
        new() { Seed = (ulong)(uint)(seed + life), CrashAtOperation = 4 + new Random((seed * 17) + life).Next(110) };

    private static async Task<Database> OpenAsync(FaultyStorage disk)
    {
        CommitLog log = await CommitLog.OpenAsync(disk, new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 0, IdleMarkDelay = Timeout.InfiniteTimeSpan });
        return await Database.OpenAsync(log, Schema);
    }

    private async Task LiveAsync(FaultyStorage disk, int life)
    {
        Database database;
        try
        {
            database = await OpenAsync(disk);
        }
        catch (Exception) when (disk.Report.CrashedAt is not null)
        {
            CrashesAtOpening++;
            return;
        }

        try
        {
            await ExpectAsync(database);
            await Task.WhenAll([.. Enumerable.Range(0, Writers).Select(writer => WriteAsync(database, writer, life)), MaintainAsync(database, new Random(seed + life))]);
        }
        catch (Exception exception) when (disk.Report.CrashedAt is not null && exception is SimulatedCrashException or IOException or DataIntensiveException)
        {
            // It crashed while a reader or the maintenance was at it.
        }

        await ((Task)database.DisposeAsync().AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    // Until something fails, after which the process would be over.
    private async Task WriteAsync(Database database, int writer, int life)
    {
        await Task.Yield();
        Random random = new((seed * 31) + (life * 7) + writer);
        IEventStore events = database.Events();
        for (int i = 0; i < 30; i++)
        {
            string name = $"{life}.{writer}.{i}";
            string stream = StreamOf(writer, random.Next(StreamsEach));
            try
            {
                switch (random.Next(8))
                {
                    case 0:
                        await MarkAsync(events, stream, archives: true);
                        break;
                    case 1:
                        await MarkAsync(events, stream, archives: false);
                        break;
                    case 2:
                        LogPosition at = database.Visible;
                        await database.Checkpoints().SaveAsync($"w{writer}", at);
                        _checkpoints[writer] = at.Value;
                        break;
                    default:
                        await AppendAsync(events, name, [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => StreamOf(writer, random.Next(StreamsEach)))]);
                        break;
                }
            }
            catch (Exception exception) when (exception is SimulatedCrashException or IOException or DataIntensiveException)
            {
                return;
            }
        }
    }

    private static string StreamOf(int writer, int number) => $"w{writer}-{number}";

    private async Task AppendAsync(IEventStore events, string name, string[] streams)
    {
        EventBatch batch = new();
        for (int i = 0; i < streams.Length; i++)
        {
            batch.Append(streams[i], ExpectedVersion.Any, new EventData(new Said($"{name}/{i}")) { Tags = [$"b:{name}"] });
        }

        Note(name, streams.Length, isAcknowledged: false);
        AppendResult result = await events.AppendAsync(batch);
        Note(name, result.Succeeded ? streams.Length : 0, isAcknowledged: true);
        Acknowledge(result.Succeeded ? 1 : 0);
        bool? mayAppend = streams.Any(stream => _archived.GetValueOrDefault(stream, false) is true) ? false : streams.Any(stream => _archived.GetValueOrDefault(stream, false) is null) ? null : true;
        (mayAppend is { } may && may != result.Succeeded).Should().BeFalse("seed {0}: batch {1} is refused when a stream is archived, and only then", seed, name);
    }

    private async Task MarkAsync(IEventStore events, string stream, bool archives)
    {
        bool isThere = await events.VersionAsync(stream) > 0;
        lock (_gate)
        {
            _archived[stream] = _archived.GetValueOrDefault(stream, false) == (archives && isThere) ? archives && isThere : null;
        }

        await events.AppendAsync(archives ? new EventBatch().Archive(stream) : new EventBatch().Restore(stream));
        lock (_gate)
        {
            _archived[stream] = archives && isThere;
        }
    }

    private void Note(string name, int count, bool isAcknowledged)
    {
        lock (_gate)
        {
            _batches[name] = (count, isAcknowledged);
        }
    }

    private void Acknowledge(int count)
    {
        lock (_gate)
        {
            Acknowledged += count;
        }
    }

    private async Task MaintainAsync(Database database, Random random)
    {
        for (int i = 0; i < 3; i++)
        {
            await Task.Yield();
            await database.SnapshotAsync();
            if (random.Next(3) == 0)
            {
                await database.CompactAsync(new LogCompactionOptions { MaxLiveRatio = 1 });
                Compactions++;
            }
        }
    }

    private async Task ExpectAsync(Database database)
    {
        FromSnapshot += database.Recovery.SnapshotPosition == LogPosition.Start ? 0 : 1;
        IEventStore events = database.Events();
        List<RecordedEvent> all = await events.ReadAsync(EventQuery.All, new EventReadOptions { IncludeArchived = true }).ToListAsync();
        all.Select(recorded => recorded.Position.Value).Should().Equal(Enumerable.Range(1, all.Count).Select(position => (long)position), "seed {0}", seed);
        foreach (IGrouping<StreamId, RecordedEvent> stream in all.GroupBy(recorded => recorded.Stream))
        {
            stream.Select(recorded => recorded.Version).Should().Equal(Enumerable.Range(1, stream.Count()).Select(version => (long)version), "seed {0}", seed);
        }

        Dictionary<string, List<string>> found = all.Select(recorded => ((Said)recorded.Data).Text).GroupBy(text => text[..text.IndexOf('/')]).ToDictionary(batch => batch.Key, batch => batch.ToList());
        found.Keys.Should().BeSubsetOf(_batches.Keys, "seed {0}", seed);
        foreach ((string name, (int count, bool isAcknowledged)) in _batches.ToList())
        {
            List<string> texts = found.GetValueOrDefault(name) ?? [];
            bool isThere = isAcknowledged ? count > 0 : texts.Count > 0;
            texts.Should().Equal(Enumerable.Range(0, isThere ? count : 0).Select(i => $"{name}/{i}"), "seed {0}: batch {1} is there once and whole, or not at all", seed, name);
            Unknown += isAcknowledged ? 0 : 1;
            Survived += !isAcknowledged && isThere ? 1 : 0;
            _batches[name] = (texts.Count, true);
        }

        await ExpectArchivedAsync(events, all);
        for (int writer = 0; writer < Writers; writer++)
        {
            database.Checkpoints().Read($"w{writer}").Value.Should().BeGreaterThanOrEqualTo(_checkpoints[writer], "seed {0}", seed);
        }
    }

    // What was found stays so.
    private async Task ExpectArchivedAsync(IEventStore events, List<RecordedEvent> all)
    {
        HashSet<StreamId> archived = [];
        foreach (string stream in Enumerable.Range(0, Writers * StreamsEach).Select(i => StreamOf(i / StreamsEach, i % StreamsEach)))
        {
            bool isArchived = (await events.ReadStreamAsync(stream).GetInfoAsync()).Status == StreamStatus.Archived;
            (_archived.GetValueOrDefault(stream, false) is { } known && known != isArchived).Should().BeFalse("seed {0}: stream {1}", seed, stream);
            _archived[stream] = isArchived;
            if (isArchived)
            {
                archived.Add(stream);
                Archived++;
            }
        }

        List<RecordedEvent> shown = await events.ReadAllAsync().ToListAsync();
        shown.Should().Equal(all.Where(recorded => !archived.Contains(recorded.Stream)), "seed {0}", seed);
    }
}
