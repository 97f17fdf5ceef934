using System.Text;
using DataIntensive.Logs;

namespace DataIntensive.Tests.Logs;

/// <summary>What every <see cref="ICommitLog"/> does, wherever it keeps its records.</summary>
public abstract class CommitLogContract : IAsyncLifetime
{
    protected ICommitLog Log { get; private set; } = null!;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Log = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Range_OfANewLog_IsEmpty() =>
        Log.Range.Should().Be(new LogRange(new LogPosition(1), LogPosition.Start, LogPosition.Start, LogPosition.Start));

    [Fact]
    public async Task Append_GivesDensePositionsFromOne()
    {
        (await Log.AppendAsync(Batch("a"), cancellationToken: Stop)).Should().Be(new LogPosition(1));
        (await Log.AppendAsync(Batch("b", "c", "d"), cancellationToken: Stop)).Should().Be(new LogPosition(4));
        (await Log.AppendAsync(Encoding.UTF8.GetBytes("e"), cancellationToken: Stop)).Should().Be(new LogPosition(5));

        Log.Range.Durable.Should().Be(new LogPosition(5));
        (await ReadAllAsync()).Should().Equal("1:a|", "2:b", "3:c", "4:d|", "5:e|");
    }

    [Fact]
    public async Task Append_ByManyAtOnce_LosesAndDoublesNothing()
    {
        LogPosition[][] given = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            List<LogPosition> positions = [];
            for (int i = 0; i < 100; i++)
            {
                positions.Add(await Log.AppendAsync(Batch($"{writer}-{i}", "end"), cancellationToken: Stop));
            }

            return positions.ToArray();
        })));

        given.SelectMany(positions => positions).Order().Select(position => position.Value).Should().Equal(Enumerable.Range(1, 800).Select(i => 2L * i));
        foreach (LogPosition[] positions in given)
        {
            positions.Should().BeInAscendingOrder();
        }

        List<string> all = await ReadAllAsync();
        all.Should().HaveCount(1600);
        for (int writer = 0; writer < given.Length; writer++)
        {
            for (int i = 0; i < 100; i++)
            {
                long last = given[writer][i].Value;
                all[(int)last - 2].Should().Be($"{last - 1}:{writer}-{i}");
            }
        }
    }

    [Fact]
    public async Task Append_WithoutAwaitingEach_KeepsTheOrderOfTheCalls()
    {
        List<Task<LogPosition>> appends = [];
        LogBatch reused = new();
        for (int i = 0; i < 500; i++)
        {
            // Large enough that some must wait for room; the batch is the caller's again as soon as the call has returned.
            reused.Clear();
            reused.Add(0, new byte[300]);
            appends.Add(Log.AppendAsync(reused, cancellationToken: Stop).AsTask());
        }

        LogPosition[] positions = await Task.WhenAll(appends);

        positions.Select(position => position.Value).Should().Equal(Enumerable.Range(1, 500).Select(i => (long)i));
    }

    [Fact]
    public async Task Completions_RunInLogOrderAndNeverConcurrently()
    {
        OrderRecorder recorder = new();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                while (!Log.TryAppend(Batch("x"), Durability.Disk, recorder, out LogPosition _))
                {
                    await Log.WaitForRoomAsync(Stop);
                }

                Log.Push(lead: i % 2 == 0);
            }
        })));
        await Log.AppendAsync(Batch("last"), cancellationToken: Stop);

        recorder.Overlaps.Should().Be(0);
        recorder.Positions.Should().HaveCount(800).And.BeInAscendingOrder();
    }

    [Fact]
    public async Task Append_OfAnEmptyBatch_IsRefused()
    {
        await Log.Awaiting(log => log.AppendAsync(new LogBatch(), cancellationToken: Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
        Log.Range.End.Should().Be(LogPosition.Start);
    }

    [Fact]
    public async Task Append_OverTheLimit_NamesItAndWritesNothing()
    {
        LogBatch tooLarge = new();
        tooLarge.Add(0, new byte[OverTheLimit]);

        (await Log.Awaiting(log => log.AppendAsync(tooLarge, cancellationToken: Stop).AsTask()).Should().ThrowAsync<ArgumentException>())
            .WithMessage("*Bytes is *");

        (await Log.AppendAsync(Batch("a"), cancellationToken: Stop)).Should().Be(new LogPosition(1));
    }

    [Fact]
    public async Task Append_OfEmptyAndLargeBodies_ReadsBackEqual()
    {
        byte[] large = [.. Enumerable.Range(0, 40_000).Select(i => (byte)(i * 7))];
        LogBatch batch = new();
        batch.Add(3, []).Add(uint.MaxValue, large);
        await Log.AppendAsync(batch, cancellationToken: Stop);

        using LogReader reader = Log.OpenReader();
        reader.TryRead(out LogRecord empty).Should().BeTrue();
        (empty.Tag, empty.Body.Length, empty.EndsCommit).Should().Be((3u, 0, false));
        reader.TryRead(out LogRecord record).Should().BeTrue();
        (record.Tag, record.EndsCommit).Should().Be((uint.MaxValue, true));
        record.Body.ToArray().Should().Equal(large);
        reader.TryRead(out _).Should().BeFalse();
    }

    [Fact]
    public async Task Append_WithACancelledToken_WritesNothing()
    {
        await Log.Awaiting(log => log.AppendAsync(Batch("a"), cancellationToken: new CancellationToken(canceled: true)).AsTask())
            .Should().ThrowAsync<OperationCanceledException>();

        Log.Range.End.Should().Be(LogPosition.Start);
    }

    [Fact]
    public async Task Append_CancelledWhileWaiting_LeavesPooledResultsToTheirOwners()
    {
        // A cancelled wait must not hand its recycled completion a foreign result: every other append still gets its own position.
        Dictionary<long, int> kept = [];
        int cancellations = 0;
        for (int round = 0; round < 200; round++)
        {
            using CancellationTokenSource cancel = new();
            ValueTask<LogPosition> first = Log.AppendAsync(Batch("other"), cancellationToken: Stop);
            ValueTask<LogPosition> cancelled = Log.AppendAsync(Batch("cancelled"), cancellationToken: cancel.Token);
            ValueTask<LogPosition> own = Log.AppendAsync(Batch($"{round}"), cancellationToken: Stop);
            cancel.Cancel();
            try
            {
                await cancelled;
            }
            catch (OperationCanceledException)
            {
                cancellations++;
            }

            kept.Add((await own).Value, round);
            (await first).Value.Should().BeLessThan(kept.Last().Key);
        }

        List<string> all = await ReadAllAsync();
        kept.Should().HaveCount(200).And.OnlyContain(pair => all[(int)pair.Key - 1] == $"{pair.Key}:{pair.Value}|");
        cancellations.Should().BeLessThanOrEqualTo(200);
    }

    [Fact]
    public async Task Reader_AfterAnyPosition_ContinuesBehindIt()
    {
        for (int i = 1; i <= 100; i++)
        {
            await Log.AppendAsync(i % 3 == 0 ? Batch($"{i}a", $"{i}b") : Batch($"{i}"), cancellationToken: Stop);
        }

        List<string> all = await ReadAllAsync();
        using LogReader reader = Log.OpenReader();
        for (int after = 0; after <= all.Count; after++)
        {
            reader.Seek(new LogPosition(after));
            List<string> rest = [];
            while (reader.TryRead(out LogRecord record))
            {
                rest.Add(Describe(record));
            }

            rest.Should().Equal(all.Skip(after));
        }
    }

    [Fact]
    public void Reader_AfterAPositionBeyondTheEnd_IsRefused() =>
        Log.Invoking(log => log.OpenReader(new LogPosition(1))).Should().Throw<ArgumentOutOfRangeException>();

    [Fact]
    public async Task Reader_ThatWaits_IsWokenByTheNextCommit()
    {
        using LogReader reader = Log.OpenReader();
        ValueTask<bool> waiting = reader.WaitToReadAsync(Stop);
        waiting.IsCompleted.Should().BeFalse();

        await Log.AppendAsync(Batch("a"), cancellationToken: Stop);

        (await waiting).Should().BeTrue();
        reader.TryRead(out LogRecord record).Should().BeTrue();
        Describe(record).Should().Be("1:a|");
    }

    [Fact]
    public async Task Reader_ThatWaits_CanBeCancelled()
    {
        using LogReader reader = Log.OpenReader();
        using CancellationTokenSource cancel = new();
        ValueTask<bool> waiting = reader.WaitToReadAsync(cancel.Token);

        await cancel.CancelAsync();

        await waiting.Awaiting(task => task.AsTask()).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Dispose_EndsAWaitingReaderAndRefusesAppends()
    {
        using LogReader reader = Log.OpenReader();
        ValueTask<bool> waiting = reader.WaitToReadAsync(Stop);

        await Log.DisposeAsync();
        Log.Dispose();

        (await waiting).Should().BeFalse();
        await Log.Awaiting(log => log.AppendAsync(Batch("a"), cancellationToken: Stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task Trim_GivesUpOldRecordsAndTellsReaders()
    {
        for (int i = 1; i <= 60; i++)
        {
            await Log.AppendAsync(new byte[5_000], cancellationToken: Stop);
        }

        using LogReader slow = Log.OpenReader();
        slow.TryRead(out _).Should().BeTrue();
        await Log.TrimAsync(new LogPosition(50), Stop);

        LogRange range = Log.Range;
        range.First.Value.Should().BeInRange(25, 50);
        range.End.Should().Be(new LogPosition(60));
        Log.Invoking(log => log.OpenReader()).Should().Throw<LogHistoryGoneException>().Which.ResumeAfter.Value.Should().Be(range.First.Value - 1);
        Func<int> readOn = () =>
        {
            int read = 0;
            while (slow.TryRead(out _))
            {
                read++;
            }

            return read;
        };
        readOn.Should().Throw<LogHistoryGoneException>();
        using LogReader rest = Log.OpenReader(new LogPosition(range.First.Value - 1));
        rest.TryRead(out LogRecord first).Should().BeTrue();
        first.Position.Should().Be(range.First);

        (await Log.AppendAsync(Batch("next"), cancellationToken: Stop)).Should().Be(new LogPosition(61));
        await Log.Awaiting(log => log.TrimAsync(new LogPosition(63), Stop).AsTask()).Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Timestamps_NeverGoBack()
    {
        for (int i = 0; i < 20; i++)
        {
            await Log.AppendAsync(Batch("a"), cancellationToken: Stop);
            Clock.Adjust(i % 2 == 0 ? TimeSpan.FromHours(-1) : TimeSpan.FromMinutes(1));
        }

        List<DateTimeOffset> times = await Log.ReadAsync(follow: false, cancellationToken: Stop).Select(record => record.Timestamp).ToListAsync(Stop);
        times.Should().HaveCount(20).And.BeInAscendingOrder();
    }

    [Fact]
    public async Task ReadPrevious_FromAnywhere_GivesWhatReadingForwardGives()
    {
        for (int i = 0; i < 60; i++)
        {
            await Log.AppendAsync(Batch($"{i}", new string('x', i * 50), "end"), cancellationToken: Stop);
        }

        List<string> forward = await ReadAllAsync();
        using LogReader reader = Log.OpenReader(new LogPosition(180));
        List<string> backward = [];
        while (reader.TryReadPrevious(out LogRecord record))
        {
            backward.Add(Describe(record));
            reader.Position.Value.Should().Be(record.Position.Value - 1);
        }

        backward.AsEnumerable().Reverse().Should().Equal(forward);
        reader.TryRead(out LogRecord first).Should().BeTrue();
        Describe(first).Should().Be(forward[0]);
        reader.Seek(new LogPosition(90));
        foreach (int expected in new[] { 90, 89, 88 })
        {
            reader.TryReadPrevious(out LogRecord record).Should().BeTrue();
            Describe(record).Should().Be(forward[expected - 1]);
        }

        reader.TryRead(out LogRecord again).Should().BeTrue();
        Describe(again).Should().Be(forward[87], "the way forward begins where the way back stopped");
        reader.TryRead(out again).Should().BeTrue();
        Describe(again).Should().Be(forward[88]);
    }

    [Fact]
    public async Task ReadPrevious_OfAnEmptyLog_IsNothing()
    {
        using LogReader reader = Log.OpenReader();
        reader.TryReadPrevious(out _).Should().BeFalse();
        await Log.AppendAsync(Batch("a"), cancellationToken: Stop);
        reader.TryReadPrevious(out _).Should().BeFalse("it still stands before the first record");
        reader.TryRead(out _).Should().BeTrue();
        reader.TryReadPrevious(out LogRecord record).Should().BeTrue();
        Describe(record).Should().Be("1:a|");
    }

    [Fact]
    public async Task ReadAt_AnyPosition_GivesThatRecordAndStandsBehindIt()
    {
        for (int i = 0; i < 60; i++)
        {
            await Log.AppendAsync(Batch($"{i}", new string('x', i * 50), "end"), cancellationToken: Stop);
        }

        List<string> all = await ReadAllAsync();
        using LogReader reader = Log.OpenReader();
        for (int i = 0; i < 180; i++)
        {
            int position = 1 + (i * 77 % 180);
            reader.TryReadAt(new LogPosition(position), out LogRecord record).Should().BeTrue();
            Describe(record).Should().Be(all[position - 1]);
            reader.Position.Value.Should().Be(position);
            reader.TryRead(out record).Should().Be(position < 180);
            (position == 180 || Describe(record) == all[position]).Should().BeTrue();
        }

        reader.Invoking(r => r.TryReadAt(new LogPosition(181), out _)).Should().Throw<ArgumentOutOfRangeException>();
        reader.Invoking(r => r.TryReadAt(LogPosition.Start, out _)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task ReadAt_APositionThatWasTrimmed_SaysSo()
    {
        for (int i = 0; i < 60; i++)
        {
            await Log.AppendAsync(new byte[5_000], cancellationToken: Stop);
        }

        using LogReader reader = Log.OpenReader();
        await Log.TrimAsync(new LogPosition(50), Stop);
        LogPosition first = Log.Range.First;
        first.Value.Should().BeInRange(2, 50);
        reader.Invoking(r => r.TryReadAt(new LogPosition(1), out _)).Should().Throw<LogHistoryGoneException>().Which.ResumeAfter.Value.Should().Be(first.Value - 1);
        reader.TryReadAt(first, out LogRecord record).Should().BeTrue();
        reader.TryReadPrevious(out record).Should().BeTrue();
        record.Position.Should().Be(first);
        reader.TryReadPrevious(out _).Should().BeFalse("what is before was trimmed");
    }

    [Fact]
    public async Task SeekTime_GoesToTheFirstRecordThatIsNotOlder()
    {
        DateTimeOffset start = Clock.GetUtcNow();
        for (int i = 0; i < 50; i++)
        {
            await Log.AppendAsync(Batch($"{i}", new string('x', 3_000)), cancellationToken: Stop);
            Clock.Adjust(TimeSpan.FromSeconds(i % 3));
        }

        using LogReader reader = Log.OpenReader(new LogPosition(10));
        List<LogRecord> all = await Log.ReadAsync(follow: false, cancellationToken: Stop).Select(record => record with { Body = default }).ToListAsync(Stop);
        for (double seconds = -1; seconds < 50; seconds += 0.5)
        {
            DateTimeOffset from = start.AddSeconds(seconds);
            LogPosition stands = reader.SeekTime(from);
            LogRecord[] later = [.. all.Where(record => record.Timestamp >= from).Take(1)];
            stands.Value.Should().Be(later.Length == 0 ? 100 : later[0].Position.Value - 1);
            reader.TryRead(out LogRecord record).Should().Be(later.Length == 1);
            (later.Length == 0 || record.Position == later[0].Position).Should().BeTrue();
        }
    }

    protected SteppedClock Clock { get; } = new();

    protected abstract int OverTheLimit { get; }

    protected abstract ValueTask<ICommitLog> OpenAsync();

    protected abstract ValueTask CloseAsync();

    internal static LogBatch Batch(params string[] records)
    {
        LogBatch batch = new();
        foreach (string record in records)
        {
            batch.Add(7, Encoding.UTF8.GetBytes(record));
        }

        return batch;
    }

    internal static string Describe(LogRecord record) =>
        $"{record.Position}:{Encoding.UTF8.GetString(record.Body.Span)}{(record.EndsCommit ? "|" : "")}";

    protected async Task<List<string>> ReadAllAsync() => await Log.ReadAsync(follow: false, cancellationToken: Stop).Select(Describe).ToListAsync(Stop);

    /// <summary>A clock that a test moves, also backwards.</summary>
    protected sealed class SteppedClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Adjust(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;
    }

    private sealed class OrderRecorder : ILogCompletion
    {
        private int _inside;

        public List<long> Positions { get; } = [];

        public int Overlaps { get; private set; }

        public void Complete(LogPosition position, Exception? failure)
        {
            Overlaps += Interlocked.Increment(ref _inside) - 1;
            Positions.Add(position.Value);
            Interlocked.Decrement(ref _inside);
        }
    }
}
