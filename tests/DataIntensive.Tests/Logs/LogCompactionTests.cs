using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Testing;
using DataIntensive.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Logs;

public sealed class LogCompactionTests
{
    private static readonly CommitLogOptions Options = new() { SegmentBytes = 64 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Compact_RemovesWhatIsNotAliveAndTellsReadersWhere()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await FilledAsync(storage, 100);
        long before = SizeOf(storage);

        LogCompactionReport report = await log.CompactAsync(IsTenth, cancellationToken: Stop);

        long lastOfSealed = LastBeforeTheActive(log);
        report.RecordsRemoved.Should().Be(lastOfSealed - (lastOfSealed / 10));
        report.IsComplete.Should().BeTrue();
        (before - SizeOf(storage)).Should().Be(report.BytesFreed).And.BeGreaterThan(before / 2);
        using LogReader reader = log.OpenReader();
        reader.TryRead(out LogRecord first).Should().BeTrue();
        (first.Position.Value, first.RemovedBefore, first.Body.Length).Should().Be((10, 9, 2_010));
        reader.TryReadAt(new LogPosition(11), out _).Should().BeFalse();
        reader.TryReadAt(new LogPosition(20), out LogRecord second).Should().BeTrue();
        second.Body.Length.Should().Be(2_020);
        log.Range.First.Value.Should().Be(1, "what is removed is no history that is gone");
    }

    [Fact]
    public async Task Compact_AgainWithNothingNew_WritesNothing()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await FilledAsync(storage, 100);
        await log.CompactAsync(IsTenth, cancellationToken: Stop);
        string[] files = [.. storage.List()];

        LogCompactionReport report = await log.CompactAsync(IsTenth, cancellationToken: Stop);

        (report.SegmentsReplaced, report.RecordsRemoved, report.BytesFreed).Should().Be((0, 0, 0));
        storage.List().Should().Equal(files);
    }

    [Fact]
    public async Task Compact_WithABound_TakesThePoorestFirstAndSaysThatMoreIsLeft()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await FilledAsync(storage, 150);
        long[] firsts = [.. log.Segments.Select(segment => segment.Header.FirstPosition)];

        // Nothing of the third segment is alive, a half of the others.
        bool IsAlive(in LogRecord record) => (record.Position.Value < firsts[2] || record.Position.Value >= firsts[3]) && record.Position.Value % 2 == 0;
        LogCompactionOptions bound = new() { MaxLiveRatio = 0.6, MaxWrittenBytes = 1 };
        LogCompactionReport first = await log.CompactAsync(IsAlive, bound, Stop);

        first.IsComplete.Should().BeFalse();
        first.SegmentsWritten.Should().Be(1);
        using LogReader reader = log.OpenReader(new LogPosition(firsts[2] - 1));
        reader.TryRead(out LogRecord record).Should().BeTrue();
        record.Position.Value.Should().BeGreaterThanOrEqualTo(firsts[3], "the poorest went first");
        int calls = 1;
        while (!(await log.CompactAsync(IsAlive, bound, Stop)).IsComplete)
        {
            calls++.Should().BeLessThan(10);
        }

        calls.Should().BeGreaterThan(1);
    }

    [Fact]
    public async Task Compact_WithKeepFrom_LeavesLaterRecordsAlone()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await FilledAsync(storage, 100);

        await log.CompactAsync((in _) => false, new LogCompactionOptions { KeepFrom = new LogPosition(50) }, Stop);

        using LogReader reader = log.OpenReader();
        reader.TryRead(out LogRecord first).Should().BeTrue();
        first.Position.Value.Should().BeInRange(2, 50);
        for (long position = first.Position.Value + 1; position <= 100; position++)
        {
            reader.TryRead(out LogRecord next).Should().BeTrue();
            next.Position.Value.Should().Be(position);
        }
    }

    [Fact]
    public async Task Compact_JoinsTheSmallSegmentsOfManyOpenings()
    {
        MemoryStorage storage = new();
        for (int life = 0; life < 20; life++)
        {
            await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
            await log.AppendAsync(CommitLogContract.Batch($"{life}", "end"), cancellationToken: Stop);
        }

        Segments(storage).Should().Be(20);
        await using CommitLog last = await CommitLog.OpenAsync(storage, Options, Stop);
        LogCompactionReport report = await last.CompactAsync((in _) => true, cancellationToken: Stop);

        (report.SegmentsReplaced, report.SegmentsWritten, report.RecordsRemoved).Should().Be((19, 1, 0));
        Segments(storage).Should().Be(2);
        (await last.ReadAsync(follow: false, cancellationToken: Stop).Select(CommitLogContract.Describe).ToListAsync(Stop))
            .Should().Equal(Enumerable.Range(0, 20).SelectMany(life => new[] { $"{(2 * life) + 1}:{life}", $"{(2 * life) + 2}:end|" }));
    }

    [Fact]
    public async Task Reopen_OfALargeCompactedSegment_TrustsItsIndex()
    {
        MemoryStorage storage = new();
        CommitLogOptions large = new() { SegmentBytes = 4 * 1024 * 1024, TimeProvider = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) }, IdleMarkDelay = Timeout.InfiniteTimeSpan };
        await using (CommitLog log = await CommitLog.OpenAsync(storage, large, Stop))
        {
            await FillAsync(log, 1_200);
        }

        string index;
        await using (CommitLog log = await CommitLog.OpenAsync(storage, large, Stop))
        {
            await FillAsync(log, 100);
            await log.CompactAsync((in record) => record.Position.Value % 2 == 0, new LogCompactionOptions { MaxLiveRatio = 1 }, Stop);
            log.Segments[0].End.Should().BeGreaterThan(1024 * 1024);
            index = log.Segments[0].IndexName;
            storage.List().Should().Contain(index);
        }

        await using (CommitLog fast = await CommitLog.OpenAsync(LogIndexTests.Copy(storage), new CommitLogOptions { OpenCheck = LogOpenCheck.Unproven }, Stop))
        {
            fast.Recovery.BytesChecked.Should().Be(0);
        }

        await using CommitLog full = await CommitLog.OpenAsync(storage, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly }, Stop);
        full.Recovery.BytesChecked.Should().BeGreaterThan(1024 * 1024);
        full.Recovery.DamagedIndexes.Should().BeEmpty();
    }

    [Fact]
    public async Task Compact_OfSegmentsThatWereBegunAndNeverFilled_JoinsThem()
    {
        MemoryStorage first = new();
        await using CommitLog killed = await FilledAsync(first, 20);
        MemoryStorage storage = LogIndexTests.Copy(first);
        for (int crash = 0; crash < 3; crash++)
        {
            // The header and the manifest are written before the segment's first frame.
            FailingStorage failing = new(LogIndexTests.Copy(storage));
            CommitLog log = await CommitLog.OpenAsync(failing, Options, Stop);
            failing.CountFromHere();
            failing.FailWrite = 3;
            await log.Awaiting(l => l.AppendAsync(new byte[1], cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>();
            storage = LogIndexTests.Copy(failing);
            await log.DisposeAsync();
        }

        await using CommitLog last = await CommitLog.OpenAsync(storage, Options, Stop);
        await FillAsync(last, 40);
        last.Segments.Count(segment => segment.End == SegmentHeader.Bytes).Should().Be(3);

        LogCompactionReport report = await last.CompactAsync((in _) => true, cancellationToken: Stop);

        (report.SegmentsReplaced, report.SegmentsWritten, report.RecordsRemoved).Should().Be((3, 1, 0));
        await using CommitLog again = await CommitLog.OpenAsync(LogIndexTests.Copy(storage), Options, Stop);
        (await again.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().Be(60);
    }

    [Fact]
    public async Task Compact_OfAPartOfACommit_EndsItWithTheLastRecordThatIsLeft()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        await log.AppendAsync(CommitLogContract.Batch("a", "b", "c"), cancellationToken: Stop);
        await log.AppendAsync(CommitLogContract.Batch("d", "e"), cancellationToken: Stop);
        await log.AppendAsync(new byte[60_000], cancellationToken: Stop);
        await log.AppendAsync(CommitLogContract.Batch("last"), cancellationToken: Stop);

        await log.CompactAsync((in record) => record.Position.Value is 1 or 2 or 5 or 7, cancellationToken: Stop);

        (await log.ReadAsync(follow: false, cancellationToken: Stop).Select(CommitLogContract.Describe).ToListAsync(Stop))
            .Should().Equal("1:a", "2:b|", "5:e|", "7:last|");
    }

    [Fact]
    public async Task Compact_WhileAppendsAndReadersGoOn_LosesAndDoublesNothing()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await FilledAsync(storage, 60);
        using LogReader slow = log.OpenReader();
        slow.TryRead(out _).Should().BeTrue();
        Task appends = Task.Run(async () =>
        {
            for (int i = 61; i <= 400; i++)
            {
                await log.AppendAsync(new byte[2_000 + i], cancellationToken: Stop);
            }
        });
        int compactions = 0;
        while (!appends.IsCompleted)
        {
            await log.CompactAsync(IsTenth, cancellationToken: Stop);
            compactions++;
        }

        await appends;
        compactions.Should().BePositive();
        await log.CompactAsync(IsTenth, cancellationToken: Stop);
        long position = slow.Position.Value;
        while (slow.TryRead(out LogRecord record))
        {
            record.RemovedBefore.Should().Be(record.Position.Value - position - 1);
            record.Body.Length.Should().Be(2_000 + (int)record.Position.Value);
            position = record.Position.Value;
        }

        position.Should().Be(400);
        (await log.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().BeLessThan(200);
    }

    [Fact]
    public async Task Compact_WhoseOwnerFails_LeavesAllAsItWas()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await FilledAsync(storage, 100);
        string[] files = [.. storage.List()];
        int asked = 0;
        int rewriting = (int)LastBeforeTheActive(log) + 20;

        await log.Awaiting(l => l.CompactAsync((in _) => ++asked < rewriting ? false : throw new FormatException("the owner's"), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<FormatException>();

        asked.Should().Be(rewriting, "it failed while a segment was written anew");
        storage.List().Should().Equal(files);
        (await log.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().Be(100);
    }

    [Fact]
    public async Task Compact_OnAFullDisk_UsesTheReserveOrSaysSo()
    {
        foreach (int reserve in new[] { 0, 128 * 1024 })
        {
            FaultyStorage disk = new();
            await using CommitLog log = await CommitLog.OpenAsync(disk, new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = reserve, IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
            await FillAsync(log, 100);
            disk.CapacityBytes = disk.UsedBytes;
            long used = disk.UsedBytes;

            if (reserve == 0)
            {
                await log.Awaiting(l => l.CompactAsync(IsTenth, cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogFullException>();
                (await log.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().Be(100);
                disk.UsedBytes.Should().Be(used, "nothing is left over");
            }
            else
            {
                (await log.CompactAsync(IsTenth, cancellationToken: Stop)).RecordsRemoved.Should().BePositive();
                disk.UsedBytes.Should().BeLessThan(used);
                await log.AppendAsync(new byte[1], cancellationToken: Stop);
            }
        }
    }

    [Fact]
    public async Task Compact_OfWhatWasCompactedBefore_SeesWhenLittleOfItIsLeft()
    {
        MemoryStorage storage = new();
        CommitLogOptions ticking = new() { SegmentBytes = 64 * 1024, TimeProvider = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) }, IdleMarkDelay = Timeout.InfiniteTimeSpan };
        await using CommitLog log = await CommitLog.OpenAsync(storage, ticking, Stop);
        string[] commit = [.. Enumerable.Range(0, 50).Select(i => $"{i}")];
        for (int i = 0; i < 200; i++)
        {
            await log.AppendAsync(CommitLogContract.Batch(commit), cancellationToken: Stop);
        }

        (await log.CompactAsync((in record) => IsOfEvery(record, 2), cancellationToken: Stop)).SegmentsReplaced.Should().BePositive();
        int compacted = log.Segments.Count(segment => segment.Header.Generation == 1 && segment.End > 32 * 1024);
        compacted.Should().BePositive();

        // Small records: a jump before each would outweigh what has gone.
        LogCompactionReport report = await log.CompactAsync((in record) => IsOfEvery(record, 10), cancellationToken: Stop);

        report.SegmentsReplaced.Should().BeGreaterThanOrEqualTo(compacted);
        log.Segments.Should().NotContain(segment => segment.Header.Generation == 1);

        bool IsOfEvery(in LogRecord record, int commits) => (record.Position.Value - 1) / commit.Length % commits == 0;
    }

    [Fact]
    public async Task Compact_Cancelled_LeavesAllAsItWas()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await FilledAsync(storage, 100);
        string[] files = [.. storage.List()];
        using CancellationTokenSource cancel = new();
        int rewriting = (int)LastBeforeTheActive(log) + 20;
        int asked = 0;

        await log.Awaiting(l => l.CompactAsync(CancelsWhileRewriting, cancellationToken: cancel.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();

        asked.Should().BeGreaterThanOrEqualTo(rewriting);
        storage.List().Should().Equal(files);
        (await log.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().Be(100);
        await log.AppendAsync(new byte[1], cancellationToken: Stop);
        (await log.CompactAsync(IsTenth, cancellationToken: Stop)).RecordsRemoved.Should().BePositive("another call has its turn");

        bool CancelsWhileRewriting(in LogRecord record)
        {
            if (++asked == rewriting)
            {
                cancel.Cancel();
            }

            return false;
        }
    }

    [Fact]
    public async Task Compact_CancelledWhileAnotherRuns_StopsWaiting()
    {
        await using CommitLog log = await FilledAsync(new MemoryStorage(), 100);
        using ManualResetEventSlim asked = new();
        using ManualResetEventSlim goOn = new();
        using CancellationTokenSource cancel = new();
        Task<LogCompactionReport> running = log.CompactAsync((in record) => Hold(record, asked, goOn), cancellationToken: Stop).AsTask();
        asked.Wait(Stop);

        Task<LogCompactionReport> waiting = log.CompactAsync(IsTenth, cancellationToken: cancel.Token).AsTask();
        waiting.IsCompleted.Should().BeFalse();
        await cancel.CancelAsync();

        await waiting.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        goOn.Set();
        (await running).RecordsRemoved.Should().BePositive();
    }

    [Fact]
    public async Task Dispose_WhileACompactionRuns_WaitsForItToGiveUp()
    {
        MemoryStorage storage = new();
        CommitLog log = await FilledAsync(storage, 100);
        string[] segments = [.. log.Segments.Select(segment => segment.Name)];
        using ManualResetEventSlim asked = new();
        using ManualResetEventSlim goOn = new();
        Task<LogCompactionReport> running = log.CompactAsync((in record) => Hold(record, asked, goOn), cancellationToken: Stop).AsTask();
        asked.Wait(Stop);

        Task disposing = log.DisposeAsync().AsTask();
        for (int tries = 0; tries < 1_000 && Takes(log); tries++)
        {
            await Task.Delay(1, Stop);
        }

        Takes(log).Should().BeFalse("it is closing");
        (await Task.WhenAny(disposing, Task.Delay(50, Stop))).Should().NotBeSameAs(disposing, "what the compaction reads must stay open");
        goOn.Set();

        await running.Awaiting(task => task).Should().ThrowAsync<ObjectDisposedException>();
        await disposing;
        storage.List().Where(name => SegmentName.TryParseSegment(name, out _)).Should().Equal(segments);
        await using CommitLog again = await CommitLog.OpenAsync(storage, Options, Stop);
        again.Recovery.WasClosed.Should().BeTrue();
        (await again.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().Be(100);

        static bool Takes(CommitLog log)
        {
            try
            {
                log.ThrowIfUnusable();
                return true;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FilesThatWereTrimmedOrCompacted_AreClosedWhenTheLastReaderHasLeft(bool trim)
    {
        FailingStorage storage = new(new MemoryStorage());
        await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        await FillAsync(log, 100);
        LogReader[] readers = [log.OpenReader(), log.OpenReader(), log.OpenReader()];
        readers[0].TryRead(out _).Should().BeTrue();
        readers[1].TryReadAt(new LogPosition(1), out _).Should().BeTrue();
        readers[2].SeekTime(DateTimeOffset.MinValue);
        int segments = log.Segments.Length;
        int open = storage.OpenFiles;

        await (trim ? log.TrimAsync(new LogPosition(90), Stop) : new ValueTask(log.CompactAsync(IsTenth, cancellationToken: Stop).AsTask()));

        int gone = segments - log.Segments.Length;
        gone.Should().BeGreaterThan(2);
        storage.OpenFiles.Should().Be(open - gone + 1, "all but the first segment, which is read, are closed");
        Array.ForEach(readers, reader => reader.Dispose());
        storage.OpenFiles.Should().Be(open - gone);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void MaxLiveRatio_OutOfRange_IsRefused(double ratio) =>
        FluentActions.Invoking(() => new LogCompactionOptions { MaxLiveRatio = ratio }).Should().Throw<ArgumentOutOfRangeException>();

    [Fact]
    public async Task Compact_OfALogOpenedToRead_IsRefused()
    {
        MemoryStorage storage = new();
        await (await FilledAsync(storage, 10)).DisposeAsync();
        await using CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly }, Stop);

        await log.Awaiting(l => l.CompactAsync(IsTenth, cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        await log.Awaiting(l => l.CompactAsync(null!, cancellationToken: Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
    }

    private static bool Hold(in LogRecord record, ManualResetEventSlim asked, ManualResetEventSlim goOn)
    {
        asked.Set();
        goOn.Wait(TimeSpan.FromSeconds(30)).Should().BeTrue();
        return IsTenth(record);
    }

    private static bool IsTenth(in LogRecord record) => record.Position.Value % 10 == 0;

    private static async Task<CommitLog> FilledAsync(MemoryStorage storage, int records)
    {
        CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        await FillAsync(log, records);
        return log;
    }

    private static async Task FillAsync(CommitLog log, int records)
    {
        for (int i = 1; i <= records; i++)
        {
            await log.AppendAsync(new byte[2_000 + i], cancellationToken: Stop);
        }
    }

    private static long LastBeforeTheActive(CommitLog log) => log.Segments[^1].Header.FirstPosition - 1;

    private static int Segments(MemoryStorage storage) => storage.List().Count(name => SegmentName.TryParseSegment(name, out _));

    private static long SizeOf(MemoryStorage storage) => storage.List().Where(name => SegmentName.TryParseSegment(name, out _)).Sum(name =>
    {
        using IStorageFile file = storage.Open(name, StorageOpenMode.Read);
        return file.Length;
    });
}
