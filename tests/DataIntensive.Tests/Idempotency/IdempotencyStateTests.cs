using System.Buffers.Binary;
using CsCheck;
using DataIntensive.Idempotency;
using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Transactions;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Idempotency;

/// <summary>The state behind a database's processor: what it takes, what it keeps in state snapshots, and which records it needs.</summary>
public sealed class IdempotencyStateTests
{
    private static readonly IdempotencyOptions Options = new() { MaxKeys = 5, Retention = TimeSpan.FromHours(1), WhenUnknown = UnknownOutcomePolicy.Rerun };
    private static readonly IdempotencyKey Key = IdempotencyKey.Create("test", "a");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Size_GrowsWithKeysAndShrinksWhenTheyAreForgotten()
    {
        await using Database database = await OpenAsync(new MemoryStorage());
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        long empty = database.StateBytes;
        await keys.ExecuteAsync(Key, _ => new ValueTask<byte[]>(new byte[1000]), cancellationToken: Stop);
        long one = database.StateBytes - empty;
        one.Should().BeInRange(1000, 1500);

        for (int index = 0; index < 20; index++)
        {
            await keys.ExecuteAsync(IdempotencyKey.Create("test", index), _ => new ValueTask<byte[]>(new byte[1000]), cancellationToken: Stop);
        }

        (database.StateBytes - empty).Should().Be(Options.MaxKeys * one);
        _time.Advance(Options.Retention);
        await keys.ExecuteAsync(IdempotencyKey.Create("test", 100), _ => new ValueTask<byte[]>([]), cancellationToken: Stop);
        await keys.ExecuteAsync(IdempotencyKey.Create("test", 101), _ => new ValueTask<byte[]>([]), cancellationToken: Stop);
        (database.StateBytes - empty).Should().Be(2 * (one - 1000));
        keys.OpenCount.Should().Be(0);
    }

    [Fact]
    public async Task Size_OfOpenKeysAndSteps_IsCountedToo()
    {
        await using Database database = await OpenAsync(new MemoryStorage());
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        long empty = database.StateBytes;
        await keys.Awaiting(one => one.ExecuteAsync<int>(
            Key,
            async context =>
            {
                long claimed = database.StateBytes;
                claimed.Should().BeGreaterThan(empty);
                await context.StepAsync("step", _ => new ValueTask<byte[]>(new byte[1000]));
                database.StateBytes.Should().BeGreaterThan(claimed + 1000);
                throw new InvalidDataException("for now");
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();

        database.StateBytes.Should().BeGreaterThan(empty + 1000);
        await keys.ExecuteAsync(Key, async context => (await context.StepAsync<byte[]>("step", _ => throw new InvalidDataException("again"))).Length, cancellationToken: Stop);
        (database.StateBytes - empty).Should().BeLessThan(1000);
    }

    [Fact]
    public async Task FullState_TakesCompletionsAndNoClaims_AndIsNotFullOfWhatIsTooOld()
    {
        CommitLog log = await CommitLog.OpenAsync(new MemoryStorage(), cancellationToken: Stop);
        DatabaseSchema schema = new DatabaseSchema().AddIdempotency(new IdempotencyOptions { Retention = Options.Retention }).AddStore<string, byte[]>("filling");
        await using Database database = await Database.OpenAsync(log, schema, new DatabaseOptions { TimeProvider = _time, MaxStateBytes = 128 * 1024 }, Stop);
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        for (int index = 0; index < 60; index++)
        {
            await keys.ExecuteInTransactionAsync(IdempotencyKey.Create("test", index), _ => new byte[1000], cancellationToken: Stop);
        }

        IdempotentResult<int> amid = await keys.ExecuteAsync(
            Key,
            async token =>
            {
                DatabaseStore<string, byte[]> filling = database.Store<string, byte[]>("filling");
                await filling.WriteAsync("a", [], cancellationToken: token);
                long left = (128 * 1024) - database.StateBytes;
                await filling.WriteAsync("a", new byte[left - 100], cancellationToken: token);
                return 7;
            },
            cancellationToken: Stop);
        amid.Outcome.Should().Be(IdempotencyOutcome.Executed);

        bool ran = false;
        await keys.Awaiting(one => one.ExecuteAsync(IdempotencyKey.Create("refused"), _ => new ValueTask<bool>(ran = true), cancellationToken: Stop).AsTask()).Should().ThrowAsync<StateFullException>();
        ran.Should().BeFalse();
        await keys.Awaiting(one => one.ExecuteInTransactionAsync(IdempotencyKey.Create("refused"), _ => new byte[1000], cancellationToken: Stop).AsTask()).Should().ThrowAsync<StateFullException>();

        _time.Advance(Options.Retention);
        (await keys.ExecuteInTransactionAsync(IdempotencyKey.Create("taken"), _ => new byte[1000], cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task Replay_AnUnknownKindOfRecord_IsRefused()
    {
        await using Database database = await OpenAsync(new MemoryStorage());
        IdempotencyState state = StateOf(database);
        byte[] body = new byte[60];
        body[0] = 7;

        state.Invoking(one => one.Replay(new LogRecord(new LogPosition(1), state.Tag, body, EndsCommit: true, default))).Should().Throw<LogFormatException>();
    }

    [Fact]
    public async Task Transaction_OnAKeyOfUnknownOutcomeOrWithSteps_IsRefused()
    {
        await using Database database = await OpenAsync(new MemoryStorage());
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        await PlayAsync(database, new Act(1, 2, 0, false));
        await PlayAsync(database, new Act(2, 0, 1, false));
        IdempotencyKey unknown = IdempotencyKey.Create("act", 1);
        IdempotencyKey paused = IdempotencyKey.Create("act", 2);

        (await keys.Awaiting(one => one.ExecuteInTransactionAsync(unknown, _ => 1, cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<IdempotencyOutcomeUnknownException>()).Which.Outcome!.Key.Should().Be(unknown);
        await keys.Awaiting(one => one.ExecuteInTransactionAsync(paused, _ => 1, cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();

        _time.Advance(Options.Retention);
        (await keys.ExecuteInTransactionAsync(unknown, _ => 1, cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task Transaction_WithAFingerprintOrADefiniteFailure_KeepsBoth()
    {
        await using Database database = await OpenAsync(new MemoryStorage());
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        IdempotencyRequest mine = new(Key, IdempotencyFingerprint.OfBytes("mine"u8));
        IdempotencyRequest other = new(Key, IdempotencyFingerprint.OfBytes("other"u8));
        await keys.ExecuteInTransactionAsync(mine, _ => 1, cancellationToken: Stop);

        await keys.Awaiting(one => one.ExecuteInTransactionAsync(other, _ => 2, cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotencyMismatchException>();
        await keys.Awaiting(one => one.ExecuteAsync(other, _ => new ValueTask<int>(2), cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotencyMismatchException>();
        await database.Awaiting(one => one.ExecuteAsync(transaction => keys.In(transaction).Once(other, () => 2), cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotencyMismatchException>();
        (await keys.ExecuteInTransactionAsync(mine, _ => 2, cancellationToken: Stop)).Value.Should().Be(1);

        IdempotencyKey failing = IdempotencyKey.Create("failing");
        DefiniteFailure no = new("no", "No.", "data");
        int runs = 0;
        for (int call = 0; call < 2; call++)
        {
            (await keys.Awaiting(one => one.ExecuteInTransactionAsync<int>(failing, _ => Fail(), cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotentFailureException>()).Which.Failure.Should().Be(no);
        }

        runs.Should().Be(1);

        int Fail()
        {
            runs++;
            throw new IdempotentFailureException(no);
        }
    }

    // The strongest that can be said of a state snapshot: whatever happens behind it while it is written, and whatever of that a crash then
    // takes back, reading it and replaying the rest gives the state that replaying everything gives.
    [Fact]
    public async Task Snapshot_WithTheRecordsBehindIt_IsTheStateOfAllRecords() =>
        await Gen.Select(Gen.Int[0, 30], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Bool, (key, fate, steps, transactional) => new Act(key % 8, fate, steps, transactional)).Array[5, 40]
            .SelectMany(acts => Gen.Int[0, acts.Length - 1].Select(Gen.Int[0, 1000], (at, end) => (Acts: acts, At: at, End: end)))
            .SampleAsync(async story => await CompareAsync(story.Acts, story.At, story.End), iter: 60, threads: 1);

    [Fact]
    public async Task Compaction_LeavesWhatReplayNeeds()
    {
        MemoryStorage storage = new();
        await using Database database = await OpenAsync(storage);
        for (int index = 0; index < 20; index++)
        {
            await PlayAsync(database, new Act(index, index % 4, index % 3, index % 5 == 0));
        }

        _time.Advance(Options.Retention / 2);
        for (int index = 15; index < 25; index++)
        {
            await PlayAsync(database, new Act(index, index % 4, index % 3, index % 5 == 0));
        }

        // Those of unknown outcome are run again, and fail for now.
        for (int index = 0; index < 25; index += 2)
        {
            await PlayAsync(database, new Act(index, 0, 0, false));
        }

        List<LogRecord> all = [.. RecordsOf(database)];
        IdempotencyState state = StateOf(database);
        HashSet<LogPosition> alive = [.. all.Where(record => state.IsAlive(record)).Select(record => record.Position)];
        alive.Count.Should().BeLessThan(all.Count);

        // Compaction takes segments as it likes: of what is not alive any part may still be there. No key is missing that could be found,
        // and none is open that was not. One that was pushed out by number may be back.
        IdempotencyState before = StateOf(database, all);
        for (int seed = 0; seed < 50; seed++)
        {
            Random random = new(seed);
            int left = seed == 0 ? 0 : random.Next(100);
            Compare(before, StateOf(database, all.Where(record => alive.Contains(record.Position) || random.Next(100) < left)), seed);
        }

        _time.Advance(Options.Retention);
        all.Where(record => state.IsAlive(record)).Select(record => record.Body.ToArray()[0]).Should().NotContain(1, "a completed key that is too old needs no record");
    }

    private static void Compare(IdempotencyState before, IdempotencyState after, int seed)
    {
        foreach (IdempotencyKey key in Enumerable.Range(0, 25).Select(index => IdempotencyKey.Create("act", index)))
        {
            if (before.TryGetNewest(key, out StoredResult? kept))
            {
                after.TryGetNewest(key, out StoredResult? found).Should().BeTrue("seed {0}", seed);
                found!.Position.Should().Be(kept.Position, "seed {0}", seed);
            }

            OpenKey? wanted = before.OpenOf(key);
            OpenKey? open = after.OpenOf(key);
            (open?.FencingToken, open?.IsClaimed).Should().Be((wanted?.FencingToken, wanted?.IsClaimed), "seed {0}", seed);
            string.Join(' ', open?.Progress.Steps.Select(step => step.Name) ?? []).Should().Be(string.Join(' ', wanted?.Progress.Steps.Select(step => step.Name) ?? []), "seed {0}", seed);
        }
    }

    [Fact]
    public async Task Forgotten_IsKeptForSnapshotsOnly()
    {
        await using Database database = await OpenAsync(new MemoryStorage());
        IdempotencyState state = StateOf(database);
        for (int index = 0; index < 20; index++)
        {
            await PlayAsync(database, new Act(index, 3, 0, false));
        }

        state.ForgottenCount.Should().Be(0);
        using (database.BeginReadOnly())
        {
            for (int index = 20; index < 30; index++)
            {
                await PlayAsync(database, new Act(index, 3, 0, false));
            }

            state.ForgottenCount.Should().BeGreaterThan(10);
        }

        await PlayAsync(database, new Act(31, 3, 0, false));
        state.ForgottenCount.Should().Be(0);
    }

    private async Task CompareAsync(Act[] acts, int at, int end)
    {
        MemoryStorage storage = new();
        await using Database database = await OpenAsync(storage);
        DatabaseTransaction? snapshot = null;
        for (int index = 0; index < acts.Length; index++)
        {
            await PlayAsync(database, acts[index], index == at ? () => snapshot = database.BeginReadOnly() : null);
        }

        using DatabaseTransaction? open = snapshot;
        LogPosition position = open?.Snapshot ?? database.Visible;
        List<byte[]> blocks = Write(StateOf(database), position);
        List<LogRecord> records = [.. RecordsOf(database)];
        int behind = records.Count(record => record.Position > position);
        LogPosition last = records.Count == 0 ? position : new LogPosition(Math.Max(position.Value, records[^1].Position.Value - (behind == 0 ? 0 : end % (behind + 1))));

        IdempotencyState resumed = new(database, "resumed", Options);
        resumed.ReadSnapshot(new Blocks(blocks), 1, position);
        Replay(resumed, records.Where(record => record.Position > position && record.Position <= last));
        byte[] all = StateOfRecords(database, records.Where(record => record.Position <= last));
        Flat(Write(resumed, last)).Should().Equal(all);
    }

    // What a state of these records writes: two that write the same hold the same.
    private static byte[] StateOfRecords(Database database, IEnumerable<LogRecord> records)
    {
        return Flat(Write(StateOf(database, records), new LogPosition(long.MaxValue)));
    }

    private static IdempotencyState StateOf(Database database, IEnumerable<LogRecord> records)
    {
        IdempotencyState state = new(database, "replayed", Options);
        Replay(state, records);
        return state;
    }

    private static void Replay(IdempotencyState state, IEnumerable<LogRecord> records)
    {
        foreach (LogRecord record in records)
        {
            state.Replay(record);
        }

        state.ReplayDone();
    }

    // But for the clock in front, which has moved on meanwhile.
    private static byte[] Flat(List<byte[]> blocks) => [.. blocks.SelectMany(block => block).Skip(1 + sizeof(long))];

    private static List<byte[]> Write(IdempotencyState state, LogPosition at)
    {
        using MemoryStorage storage = new();
        using IStorageFile file = storage.Open("snapshot", StorageOpenMode.CreateNew);
        StateSnapshotWriter writer = new(file, Stop);
        state.WriteSnapshot(writer, at);
        writer.EndBlock(StateSnapshotBlock.Entries);
        List<byte[]> blocks = [];
        long offset = StateSnapshotFile.HeaderBytes;
        while (offset < file.Length)
        {
            byte[] header = new byte[StateSnapshotFile.BlockHeaderBytes];
            file.Read(offset, header);
            byte[] block = new byte[BinaryPrimitives.ReadInt32LittleEndian(header)];
            file.Read(offset + header.Length, block);
            blocks.Add(block);
            offset += header.Length + block.Length;
        }

        return blocks;
    }

    private static IEnumerable<LogRecord> RecordsOf(Database database)
    {
        uint tag = StateOf(database).Tag;
        using LogReader reader = database.Log.OpenReader(upTo: Durability.Os);
        while (reader.TryRead(out LogRecord record))
        {
            if (record.Tag == tag)
            {
                yield return record with { Body = record.Body.ToArray() };
            }
        }
    }

    private static IdempotencyState StateOf(Database database) => database.Get<IdempotencyState>(IdempotencyState.StateKind, "idempotency");

    // 0: fails for now. 1: fails for good. 2: hangs, and so is of unknown outcome for the next one. 3: succeeds.
    private async Task PlayAsync(Database database, Act act, Action? amid = null)
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        IdempotencyKey key = IdempotencyKey.Create("act", act.Key);
        try
        {
            if (act.Transactional)
            {
                await keys.ExecuteInTransactionAsync(key, _ => act.Key, cancellationToken: Stop);
                amid?.Invoke();
                return;
            }

            await keys.ExecuteAsync(
                key,
                async context =>
                {
                    for (int step = 0; step < act.Steps; step++)
                    {
                        await context.StepAsync($"{step}", _ => new ValueTask<int>(step), step == 1 ? (_, _) => ValueTask.CompletedTask : null);
                    }

                    amid?.Invoke();
                    return act.Fate switch
                    {
                        0 => throw new InvalidDataException("for now"),
                        1 => throw new IdempotentFailureException(new DefiniteFailure("no", "No.")),
                        2 => throw Unknown(key),
                        _ => act.Key,
                    };
                },
                cancellationToken: Stop);
        }
        catch (Exception expected) when (expected is InvalidDataException or IdempotentFailureException or IdempotencyOutcomeUnknownException or InvalidOperationException)
        {
        }
    }

    // As if its end could not be recorded: the claim stays.
    private static IdempotencyOutcomeUnknownException Unknown(IdempotencyKey key) => new(key, new InvalidDataException("lost"));

    private async Task<Database> OpenAsync(IStorage storage)
    {
        CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { TimeProvider = _time }, Stop);
        return await Database.OpenAsync(log, new DatabaseSchema().AddIdempotency(Options), new DatabaseOptions { TimeProvider = _time, MaxSnapshotAge = Timeout.InfiniteTimeSpan }, Stop);
    }

    private sealed record Act(int Key, int Fate, int Steps, bool Transactional);

    private sealed class Blocks(List<byte[]> blocks) : StateSnapshotReader
    {
        private int _next;

        public override bool TryReadBlock(out ReadOnlyMemory<byte> entries)
        {
            entries = _next < blocks.Count ? blocks[_next] : default;
            return _next++ < blocks.Count;
        }

        public override void Keep()
        {
        }
    }
}
