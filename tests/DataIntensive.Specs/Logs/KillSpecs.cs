using DataIntensive.CrashHost;
using DataIntensive.Logs;
using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Logs;

/// <summary>A process that is killed with SIGKILL while several writers append loses nothing that it had acknowledged.</summary>
public sealed class KillSpecs(ITestOutputHelper output) : IDisposable
{
    private const int Writers = 6;
    private const int LivesOfAFolder = 12;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataintensive-kill-");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public Task Log_KeepsEveryAcknowledgedCommitHoweverOftenItsProcessIsKilled() => KillAsync("log", LogLife.MostUnderWay, async (folder, files) =>
    {
        await using CommitLog log = await CommitLog.OpenAsync(files, LogLife.Options, Stop);
        return (CheckLog(log, folder), log.Recovery.TornBytes > 0);
    });

    [Fact]
    public Task Database_KeepsEveryAcknowledgedUpdateHoweverOftenItsProcessIsKilled() => KillAsync("database", _ => 1, async (folder, files) =>
    {
        await using Database database = await Database.OpenAsync(files, DatabaseLife.MakeSchema(), DatabaseLife.Options, Stop);
        return (CheckDatabase(database, folder), ((CommitLog)database.Log).Recovery.TornBytes > 0);
    });

    [Fact]
    public Task Events_KeepEveryAcknowledgedBatchHoweverOftenTheirProcessIsKilled() => KillAsync("events", _ => 1, async (folder, files) =>
    {
        await using Database database = await Database.OpenAsync(files, EventsLife.MakeSchema(), EventsLife.Options, Stop);
        return (await CheckEventsAsync(database, folder), ((CommitLog)database.Log).Recovery.TornBytes > 0);
    });

    private async Task KillAsync(string mode, Func<int, int> mostUnderWay, Func<CrashFolder, string, Task<(long[] Last, bool WasTorn)>> check)
    {
        int seed = SpecRun.FirstSeed(output);
        Random random = new(seed);
        int wantedKills = SpecRun.IsLong ? 200 : 12;
        int busy = 0;
        int underWay = 0;
        int torn = 0;
        long acknowledged = 0;
        CrashFolder folder = null!;
        for (int kill = 0; kill < wantedKills; kill++)
        {
            if (kill % LivesOfAFolder == 0)
            {
                // A new one, so that checking stays quick.
                folder = new CrashFolder(Path.Combine(_folder.FullName, $"{kill}"), mode, (ulong)(seed + kill), Writers);
            }

            // One in six falls into start and recovery; how soon the others fall does not depend on how fast the machine is.
            bool atStart = kill % 6 == 5;
            int life = atStart
                ? await folder.LiveAsync(0, TimeSpan.FromMilliseconds(random.Next(250)), Stop)
                : await folder.LiveAsync(1 + random.Next(300), TimeSpan.FromMilliseconds(random.Next(10)), Stop);

            // A check that opens the folder itself leaves a closed log behind; with a copy the host's next life has to recover.
            string files = random.Next(3) == 0 ? folder.Path : folder.Copy();
            (long[] last, bool wasTorn) = await check(folder, files);
            long beyond = folder.Continue(last, mostUnderWay);
            acknowledged += life;
            busy += life > 0 ? 1 : 0;
            underWay += beyond > 0 || wasTorn ? 1 : 0;
            torn += wasTorn ? 1 : 0;
        }

        output.WriteLine($"{wantedKills} kills, {busy} of them after acknowledgements, {underWay} amid writes ({torn} torn), {acknowledged} acknowledged commits");
        busy.Should().BeGreaterThan(wantedKills / 2, "most kills must hit a process that writes");
        underWay.Should().BeGreaterThan(0, "some kill must hit between a write and its acknowledgement");
    }

    // Reads everything; positions are dense, and every commit is there once, whole, in its writer's order.
    private static long[] CheckLog(CommitLog log, CrashFolder folder)
    {
        long[] last = new long[folder.Writers];
        Dictionary<(int, long), long> positions = [];
        List<byte[]> commit = [];
        long position = 0;
        using LogReader reader = log.OpenReader();
        while (reader.TryRead(out LogRecord record))
        {
            record.Position.Value.Should().Be(++position);
            commit.Add(record.Body.ToArray());
            if (!record.EndsCommit)
            {
                continue;
            }

            CrashCommit found = CheckCommit(commit, record, folder.Seed);
            found.Writer.Should().BeInRange(0, folder.Writers - 1);
            found.Sequence.Should().Be(++last[found.Writer], "writer {0} wrote one after another, and nothing twice", found.Writer);
            positions.Add((found.Writer, found.Sequence), position);
            commit.Clear();
        }

        commit.Should().BeEmpty("no half commit is left");
        log.Range.End.Value.Should().Be(position);
        foreach (((int, long) key, long acknowledgedAt) in folder.Acknowledged)
        {
            positions.GetValueOrDefault(key).Should().Be(acknowledgedAt, "{0} was acknowledged there", key);
        }

        return last;
    }

    private static CrashCommit CheckCommit(List<byte[]> commit, LogRecord record, ulong seed)
    {
        CrashCommit found = CrashCommit.IdentityIn(commit[0], seed)!.Value;
        commit.Should().HaveCount(found.Records, "{0} is entire", found);
        record.Tag.Should().Be(found.Tag);
        for (int index = 0; index < commit.Count; index++)
        {
            if (!commit[index].AsSpan().SequenceEqual(found.BodyOf(index)))
            {
                Assert.Fail($"record {index} of {found} has another content");
            }
        }

        return found;
    }

    // The three keys of one update stand or fall together, and none that was acknowledged is missing.
    private static long[] CheckDatabase(Database database, CrashFolder folder)
    {
        DatabaseStore<string, long> sequences = DatabaseLife.SequencesOf(database);
        DatabaseStore<string, byte[]> updates = DatabaseLife.UpdatesOf(database);
        long[] last = [.. Enumerable.Range(0, folder.Writers).Select(writer => sequences.Read(DatabaseLife.KeyOf(writer)).Value)];
        for (int writer = 0; writer < folder.Writers; writer++)
        {
            for (long sequence = 1; sequence <= last[writer]; sequence++)
            {
                byte[]? payload = updates.Read(DatabaseLife.KeyOf(writer, sequence)).Value;
                if (!payload.AsSpan().SequenceEqual(new CrashCommit(folder.Seed, writer, sequence).BodyOf(0)))
                {
                    Assert.Fail($"update {sequence} of writer {writer} is {(payload is null ? "missing" : "of another content")}");
                }
            }
        }

        updates.ReadAll().Should().HaveCount((int)last.Sum(), "no update was invented");
        sequences.Read(DatabaseLife.All).Value.Should().Be(last.Sum());
        foreach ((int writer, long sequence) in folder.Acknowledged.Keys)
        {
            last[writer].Should().BeGreaterThanOrEqualTo(sequence, "writer {0} was told so", writer);
        }

        return last;
    }

    // Positions are dense, every batch is there once, whole and together, and each stream and tag finds its part of them.
    private static async Task<long[]> CheckEventsAsync(Database database, CrashFolder folder)
    {
        DatabaseEventStore events = database.Events();
        long[] last = new long[folder.Writers];
        long[] appended = new long[folder.Writers];
        Dictionary<(int, long), long> positions = [];
        long position = 0;
        int index = 0;
        await foreach (RecordedEvent recorded in events.ReadAllAsync(cancellationToken: Stop))
        {
            recorded.Position.Value.Should().Be(++position);
            CrashEvent found = (CrashEvent)recorded.Data;
            CrashCommit commit = new(folder.Seed, found.Writer, found.Sequence);
            if (found != EventsLife.EventOf(commit, index) || found.Sequence != last[found.Writer] + 1)
            {
                Assert.Fail($"event {position} is part {found.Index} of batch {found.Sequence} of writer {found.Writer}, where part {index} of batch {last[found.Writer] + 1} was due");
            }

            bool ends = index == commit.Records;
            recorded.Stream.Should().Be(new StreamId(ends ? EventsLife.Shared : EventsLife.StreamOf(found.Writer)));
            appended[found.Writer]++;
            index = ends ? 0 : index + 1;
            if (ends)
            {
                positions.Add((found.Writer, ++last[found.Writer]), position);
            }
        }

        index.Should().Be(0, "no half batch is left");
        events.Head.Value.Should().Be(position);
        for (int writer = 0; writer < folder.Writers; writer++)
        {
            (await events.ReadStreamAsync(EventsLife.StreamOf(writer), cancellationToken: Stop).CountAsync(Stop)).Should().Be((int)(appended[writer] - last[writer]));
            (await events.ReadAsync(EventQuery.Tagged($"writer:{writer}"), cancellationToken: Stop).CountAsync(Stop)).Should().Be((int)appended[writer]);
        }

        foreach (((int, long) key, long acknowledgedAt) in folder.Acknowledged)
        {
            positions.GetValueOrDefault(key).Should().Be(acknowledgedAt, "{0} was acknowledged there", key);
        }

        return last;
    }
}
