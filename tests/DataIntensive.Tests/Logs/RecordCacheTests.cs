using System.Collections.Concurrent;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Logs;

/// <summary>What was read singly is given again out of memory, and never otherwise than the files would give it.</summary>
public sealed class RecordCacheTests : IDisposable
{
    private const int SmallestCache = 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();
    private readonly FailingStorage _storage = new(new MemoryStorage());

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TryReadAt_OfWhatWasReadBefore_ReadsNoFileAndAllocatesNothing()
    {
        FakeTimeProvider clock = new() { AutoAdvanceAmount = TimeSpan.FromMilliseconds(3) };
        await using CommitLog log = await FilledAsync(400, options: new CommitLogOptions { TimeProvider = clock });
        LogRecord[] all = [.. await log.ReadAsync(follow: false, cancellationToken: Stop).Select(record => record with { Body = record.Body.ToArray() }).ToListAsync(Stop)];
        long[] scattered = [.. Enumerable.Range(1, 40).Select(i => 10L * i)];
        using LogReader reader = log.OpenReader();
        Array.ForEach(scattered, position => ReadAt(reader, position));
        int reads = _storage.Reads;

        using LogReader other = log.OpenReader();
        foreach (long position in scattered)
        {
            other.TryReadAt(new LogPosition(position), out LogRecord record).Should().BeTrue();
            record.Body.ToArray().Should().Equal(all[position - 1].Body.ToArray());
            record.Should().Be(all[position - 1] with { Body = record.Body });
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        bool areThere = true;
        foreach (long position in scattered)
        {
            areThere &= other.TryReadAt(new LogPosition(position), out _);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        areThere.Should().BeTrue();
        _storage.Reads.Should().Be(reads);
    }

    [Fact]
    public async Task TryReadAt_OfAFewThatStandTogether_KeepsThemAll()
    {
        await using CommitLog log = await FilledAsync(400);
        using LogReader reader = log.OpenReader();
        for (long position = 100; position <= 300; position += 100)
        {
            ReadAt(reader, position);
            ReadAt(reader, position + 1);
            ReadAt(reader, position + 2);
        }

        int reads = _storage.Reads;
        for (long position = 100; position <= 300; position += 100)
        {
            ReadAt(reader, position + 2).Should().Be(Expected(position + 2));
            ReadAt(reader, position).Should().Be(Expected(position));
            ReadAt(reader, position + 1).Should().Be(Expected(position + 1));
        }

        _storage.Reads.Should().Be(reads);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadingInOrder_NeitherFillsItNorDrivesOutWhatIsThere(bool backward)
    {
        await using CommitLog log = await FilledAsync(4_000, body: 400, new CommitLogOptions { SegmentBytes = 1024 * 1024, RecordCacheBytes = SmallestCache });
        RecordCache cache = log.Cache!;
        using LogReader jumping = log.OpenReader();
        ReadAt(jumping, 3_333);
        using LogReader reader = log.OpenReader();
        for (int i = 1; i <= 4_000; i++)
        {
            reader.TryReadAt(new LogPosition(backward ? 4_001 - i : i), out _).Should().BeTrue();
        }

        int kept = Enumerable.Range(1, 4_000).Count(position => cache.Copy(position, new byte[RecordCache.MaxRecordBytes], out _) > 0);
        log.Segments.Length.Should().BeGreaterThan(1);
        kept.Should().BeLessThanOrEqualTo(1 + (8 * log.Segments.Length), "only what begins a segment looks like a jump");
        cache.Copy(3_333, new byte[RecordCache.MaxRecordBytes], out _).Should().BePositive();
    }

    [Fact]
    public async Task ReadingInOrder_DoesNotAskIt()
    {
        await using CommitLog log = await FilledAsync(100);
        log.Cache!.Put(log.Cache.Generation, 50, new byte[RecordFormat.HeaderBytes], timeMicros: 0);
        using LogReader reader = log.OpenReader();
        for (int position = 1; position <= 100; position++)
        {
            ReadAt(reader, position).Should().Be(Expected(position));
        }

        reader.TryReadAt(new LogPosition(50), out LogRecord planted).Should().BeTrue();
        planted.Body.Length.Should().Be(0, "who jumps asks it");
    }

    [Fact]
    public async Task Reading_OfMoreThanFits_KeepsTheBoundAndTheNewest()
    {
        const int records = 6_000;
        await using CommitLog log = await FilledAsync(records, body: 0, new CommitLogOptions { RecordCacheBytes = SmallestCache });
        using LogReader reader = log.OpenReader();
        for (int step = 0; step < 2 * records; step++)
        {
            // Coprime with the count, and far.
            long position = (step * 3_001L % records) + 1;
            ReadAt(reader, position).Should().Be(Expected(position, body: 0));
            log.Cache!.HeldBytes.Should().BeLessThanOrEqualTo(SmallestCache);
        }

        log.Cache!.HeldBytes.Should().BeGreaterThan(SmallestCache * 3 / 4);
        int reads = _storage.Reads;
        int found = 0;
        for (int step = (2 * records) - 50; step < 2 * records; step++)
        {
            found += log.Cache!.Copy((step * 3_001L % records) + 1, new byte[RecordCache.MaxRecordBytes], out _) > 0 ? 1 : 0;
        }

        found.Should().BeGreaterThan(40, "the newest stay, but for those of a full bucket");
        log.Cache!.Copy(1, new byte[RecordCache.MaxRecordBytes], out _).Should().Be(0, "it was read {0} records ago", records);
        _storage.Reads.Should().Be(reads);
    }

    [Fact]
    public async Task TryReadAt_OfALongRecord_IsNotKept()
    {
        await using CommitLog log = await CommitLog.OpenAsync(_storage, cancellationToken: Stop);
        foreach (int length in new[] { RecordCache.MaxRecordBytes - RecordFormat.HeaderBytes, RecordCache.MaxRecordBytes - RecordFormat.HeaderBytes + 1 })
        {
            await log.AppendAsync(new byte[length], cancellationToken: Stop);
        }

        using LogReader reader = log.OpenReader();
        for (int i = 0; i < 2; i++)
        {
            reader.TryReadAt(new LogPosition(2), out LogRecord longer).Should().BeTrue();
            longer.Body.Length.Should().Be(RecordCache.MaxRecordBytes - RecordFormat.HeaderBytes + 1);
            reader.TryReadAt(new LogPosition(1), out LogRecord longest).Should().BeTrue();
            longest.Body.Length.Should().Be(RecordCache.MaxRecordBytes - RecordFormat.HeaderBytes);
        }

        byte[] copy = new byte[RecordCache.MaxRecordBytes];
        log.Cache!.Copy(1, copy, out _).Should().Be(RecordCache.MaxRecordBytes);
        log.Cache!.Copy(2, copy, out _).Should().Be(0);
    }

    [Fact]
    public async Task Compaction_EmptiesIt()
    {
        await using CommitLog log = await FilledAsync(100, options: SmallSegments);
        using LogReader reader = log.OpenReader();
        ReadAt(reader, 11);
        ReadAt(reader, 20);

        (await log.CompactAsync(IsTenth, cancellationToken: Stop)).RecordsRemoved.Should().BePositive();

        reader.TryReadAt(new LogPosition(11), out _).Should().BeFalse();
        ReadAt(reader, 20).Should().Be(Expected(20));
        ReadAt(reader, 90).Should().Be(Expected(90));
        int reads = _storage.Reads;
        ReadAt(reader, 20).Should().Be(Expected(20), "it is kept again");
        _storage.Reads.Should().Be(reads);
    }

    [Fact]
    public async Task ARead_ThatACompactionOvertakes_IsNotKept()
    {
        await using CommitLog log = await FilledAsync(100, options: SmallSegments);
        using ManualResetEventSlim stopped = new();
        using ManualResetEventSlim goOn = new();
        int armed = 1;
        _storage.BeforeRead = () =>
        {
            if (Interlocked.Exchange(ref armed, 0) == 1)
            {
                stopped.Set();
                goOn.Wait(TimeSpan.FromSeconds(30));
            }
        };
        Task<string> reading = Task.Run(
            () =>
            {
                using LogReader slow = log.OpenReader();
                return ReadAt(slow, 11);
            },
            Stop);
        stopped.Wait(TimeSpan.FromSeconds(30), Stop).Should().BeTrue();

        (await log.CompactAsync(IsTenth, cancellationToken: Stop)).RecordsRemoved.Should().BePositive();
        goOn.Set();

        (await reading).Should().Be(Expected(11), "it was there when the reading began");
        using LogReader reader = log.OpenReader();
        reader.TryReadAt(new LogPosition(11), out _).Should().BeFalse();
    }

    [Fact]
    public void Put_WhileItIsClosedOrOfBefore_IsRefused()
    {
        RecordCache cache = new(SmallestCache);
        byte[] record = new byte[RecordFormat.HeaderBytes];
        byte[] copy = new byte[RecordCache.MaxRecordBytes];
        long before = cache.Generation;
        cache.Put(before, 1, record, timeMicros: 5);
        cache.Copy(1, copy, out long timeMicros).Should().Be(record.Length);
        timeMicros.Should().Be(5);

        cache.Close();
        cache.Copy(1, copy, out _).Should().Be(0);
        long closed = cache.Generation;
        cache.Put(closed, 1, record, timeMicros: 5);
        cache.Copy(1, copy, out _).Should().Be(0);
        cache.Reopen();
        cache.Put(before, 1, record, timeMicros: 5);
        cache.Put(closed, 1, record, timeMicros: 5);
        cache.Copy(1, copy, out _).Should().Be(0);
        cache.Put(cache.Generation, 1, record, timeMicros: 5);
        cache.Copy(1, copy, out _).Should().Be(record.Length);
    }

    [Fact]
    public async Task Trim_RefusesWhatIsKept()
    {
        await using CommitLog log = await FilledAsync(100, options: SmallSegments);
        using LogReader reader = log.OpenReader();
        ReadAt(reader, 11);
        await log.TrimAsync(new LogPosition(80), Stop);

        reader.Invoking(r => r.TryReadAt(new LogPosition(11), out _)).Should().Throw<LogHistoryGoneException>();
        log.Cache!.Copy(11, new byte[RecordCache.MaxRecordBytes], out _).Should().Be(0);
    }

    [Fact]
    public async Task TryReadAt_AboveWhatTheReaderMayRead_IsRefusedAlsoWhenAnotherHasReadIt()
    {
        await using CommitLog log = await CommitLog.OpenAsync(_storage, new CommitLogOptions { FlushInterval = TimeSpan.FromHours(1) }, Stop);
        await log.AppendAsync(new byte[10], Durability.Os, Stop);
        using LogReader bold = log.OpenReader(upTo: Durability.Os);
        bold.TryReadAt(new LogPosition(1), out _).Should().BeTrue();
        log.Cache!.Copy(1, new byte[RecordCache.MaxRecordBytes], out _).Should().BePositive();

        using LogReader careful = log.OpenReader();
        careful.Invoking(r => r.TryReadAt(new LogPosition(1), out _)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Damage_IsMetByWhoReadsFirstAndNeverKept()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await CommitLog.OpenAsync(storage, cancellationToken: Stop);
        for (int i = 1; i <= 20; i++)
        {
            await log.AppendAsync(Body(i), cancellationToken: Stop);
        }

        using LogReader reader = log.OpenReader();
        ReadAt(reader, 3);
        string segment = log.Segments[0].Name;
        int frame = FrameFormat.SizeOf(RecordFormat.HeaderBytes + Body(1).Length);
        foreach (int position in new[] { 3, 7 })
        {
            LogIndexTests.Flip(storage, segment, SegmentHeader.Bytes + ((position - 1) * frame) + FrameFormat.HeaderBytes + 50);
        }

        for (int i = 0; i < 2; i++)
        {
            reader.Invoking(r => r.TryReadAt(new LogPosition(7), out _)).Should().Throw<LogCorruptException>();
            ReadAt(reader, 12).Should().Be(Expected(12));
        }

        ReadAt(reader, 3).Should().Be(Expected(3), "it was whole when it was read");
        log.Cache!.Copy(7, new byte[RecordCache.MaxRecordBytes], out _).Should().Be(0);
    }

    [Fact]
    public async Task TryReadAt_OfAClosedLog_GivesNothingThatIsKept()
    {
        CommitLog log = await CommitLog.OpenAsync(_directory.Path, cancellationToken: Stop);
        await log.AppendAsync(Body(1), cancellationToken: Stop);
        using LogReader first = log.OpenReader();
        first.TryReadAt(new LogPosition(1), out _).Should().BeTrue();
        using LogReader reader = log.OpenReader();
        reader.TryReadAt(new LogPosition(1), out _).Should().BeTrue();
        await log.DisposeAsync();

        reader.Invoking(r => r.TryReadAt(new LogPosition(1), out _)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task RecordCacheBytes_OfNone_ReadsTheFileEachTime()
    {
        await using CommitLog log = await FilledAsync(100, options: new CommitLogOptions { RecordCacheBytes = 0 });
        log.Cache.Should().BeNull();
        using LogReader reader = log.OpenReader();
        ReadAt(reader, 10).Should().Be(Expected(10));
        ReadAt(reader, 80).Should().Be(Expected(80));
        int reads = _storage.Reads;

        ReadAt(reader, 10).Should().Be(Expected(10));

        _storage.Reads.Should().BeGreaterThan(reads);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(SmallestCache - 1)]
    [InlineData((1024L * 1024 * 1024) + 1)]
    public void RecordCacheBytes_OutOfRange_IsRefused(long bytes) =>
        FluentActions.Invoking(() => new CommitLogOptions { RecordCacheBytes = bytes }).Should().Throw<ArgumentOutOfRangeException>();

    // Some of everything at once. Whole commits are removed, so that what is left stays as it was.
    [Fact]
    public async Task Readers_BesideAWriterTrimsAndCompactions_GetWhatWasWritten()
    {
        const int rounds = 12;
        int seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        await using CommitLog log = await CommitLog.OpenAsync(_storage, new CommitLogOptions { SegmentBytes = 64 * 1024, RecordCacheBytes = SmallestCache, IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        ConcurrentDictionary<long, string> written = new();
        await AppendAsync(log, written, 600, random);
        long mayBeRemoved = 0;
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using CountdownEvent reading = new(3);
        Task<long>[] readers = [.. Enumerable.Range(0, 3).Select(i => Task.Factory.StartNew(() => ReadRandomly(new Random(seed + i)), Stop, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        try
        {
            reading.Wait(TimeSpan.FromSeconds(30), Stop).Should().BeTrue("all are there before there is anything to be beside of");
            for (int round = 0; round < rounds; round++)
            {
                await AppendAsync(log, written, 100, random);
                long horizon = Math.Max(mayBeRemoved, log.Range.End.Value - random.Next(400));
                Volatile.Write(ref mayBeRemoved, horizon);
                await log.CompactAsync((in record) => IsAliveBefore(record, horizon), new LogCompactionOptions { MaxLiveRatio = 0.9 }, Stop);
                HashSet<long> left = [.. await log.ReadAsync(new LogPosition(log.Range.First.Value - 1), follow: false, Stop).Select(record => record.Position.Value).ToListAsync(Stop)];
                using LogReader reader = log.OpenReader(new LogPosition(log.Range.First.Value - 1));
                for (int i = 0; i < 500; i++)
                {
                    long position = random.NextInt64(log.Range.First.Value, log.Range.End.Value + 1);
                    reader.TryReadAt(new LogPosition(position), out LogRecord record).Should().Be(left.Contains(position), "seed {0}, position {1}", seed, position);
                    if (left.Contains(position))
                    {
                        Describe(record).Should().Be(written[position], "seed {0}", seed);
                    }
                }

                if (round % 4 == 3)
                {
                    await log.TrimAsync(new LogPosition(log.Range.First.Value + 200), Stop);
                }
            }
        }
        finally
        {
            await done.CancelAsync();
        }

        (await Task.WhenAll(readers)).Should().AllSatisfy(count => count.Should().BePositive(), "seed {0}", seed);

        long ReadRandomly(Random own)
        {
            long found = 0;
            using LogReader reader = log.OpenReader(new LogPosition(log.Range.First.Value - 1));
            for (int i = 0; i < 5_000_000 && !done.IsCancellationRequested; i++)
            {
                // Mostly the same few, in runs.
                long last = log.Range.Durable.Value;
                long position = own.Next(4) == 0 ? own.NextInt64(1, last + 1) : Math.Max(1, last - (own.Next(40) * 13));
                try
                {
                    if (reader.TryReadAt(new LogPosition(position), out LogRecord record))
                    {
                        found++;
                        if (found == 1)
                        {
                            reading.Signal();
                        }

                        if (Describe(record) != written[position])
                        {
                            throw new InvalidOperationException($"seed {seed}: {Describe(record)} is not {written[position]}");
                        }
                    }
                    else if (position >= Volatile.Read(ref mayBeRemoved))
                    {
                        throw new InvalidOperationException($"seed {seed}: {position} is gone");
                    }
                }
                catch (LogHistoryGoneException) when (position < log.Range.First.Value)
                {
                }
            }

            return found;
        }
    }

    private static CommitLogOptions SmallSegments => new() { SegmentBytes = 64 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static bool IsTenth(in LogRecord record) => record.Position.Value % 10 == 0;

    // By the commit, which the tag tells.
    private static bool IsAliveBefore(in LogRecord record, long horizon) => record.Tag % 4 == 0 || record.Position.Value >= horizon;

    private static string ReadAt(LogReader reader, long position)
    {
        reader.TryReadAt(new LogPosition(position), out LogRecord record).Should().BeTrue();
        reader.Position.Value.Should().Be(position);
        return Describe(record);
    }

    private static string Describe(in LogRecord record) => $"{record.Position.Value} {record.Tag} {record.Body.Length} {Hash(record.Body.Span)} {record.EndsCommit}";

    private static string Expected(long position, int body = 2_000) => $"{position} 0 {Body(position, body).Length} {Hash(Body(position, body))} True";

    // With 0: of many lengths.
    private static byte[] Body(long position, int body = 2_000)
    {
        byte[] bytes = new byte[body == 0 ? 20 + (position * 37 % 1_200) : body];
        new Random((int)position).NextBytes(bytes);
        return bytes;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => $"{Crc32C.Finish(Crc32C.Append(Crc32C.Start, bytes)):x8}";

    private static async Task AppendAsync(CommitLog log, ConcurrentDictionary<long, string> written, int commits, Random random)
    {
        LogBatch batch = new();
        for (int i = 0; i < commits; i++)
        {
            batch.Clear();
            long first = log.Range.End.Value + 1;
            int records = random.Next(1, 5);
            for (int k = 0; k < records; k++)
            {
                byte[] body = new byte[random.Next(10, 800)];
                random.NextBytes(body);
                batch.Add((uint)first, body);
                written[first + k] = Describe(new LogRecord(new LogPosition(first + k), (uint)first, body, k == records - 1, default));
            }

            await log.AppendAsync(batch, cancellationToken: Stop);
        }
    }

    private async Task<CommitLog> FilledAsync(int records, int body = 2_000, CommitLogOptions? options = null)
    {
        CommitLog log = await CommitLog.OpenAsync(_storage, options, Stop);
        Task[] appends = [.. Enumerable.Range(1, records).Select(i => log.AppendAsync(Body(i, body), cancellationToken: Stop).AsTask())];
        await Task.WhenAll(appends);
        return log;
    }
}
