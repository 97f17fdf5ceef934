using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive.Tests.Logs;

public sealed class LogIndexTests
{
    private static readonly CommitLogOptions Options = new() { SegmentBytes = 256 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static readonly CommitLogOptions Fast = new() { SegmentBytes = 256 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan, OpenCheck = LogOpenCheck.Unproven };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_OfAClosedLog_ReadsNothingWhenOnlyTheUnprovenIsAskedFor()
    {
        MemoryStorage storage = await ClosedAsync();
        List<string> all;
        await using (CommitLog full = await CommitLog.OpenAsync(storage, Options, Stop))
        {
            full.Recovery.BytesChecked.Should().BeGreaterThan(1_000_000);
            all = await DescribeAsync(full);
        }

        await using CommitLog fast = await CommitLog.OpenAsync(storage, Fast, Stop);

        fast.Recovery.BytesChecked.Should().Be(0);
        fast.Recovery.WasClosed.Should().BeTrue();
        (await DescribeAsync(fast)).Should().Equal(all);
        (await fast.AppendAsync(new byte[10], cancellationToken: Stop)).Value.Should().Be(301);
    }

    [Fact]
    public async Task Open_AfterACrash_ReadsTheLastSegmentOnly()
    {
        MemoryStorage storage = new();
        CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        await FillAsync(log);
        MemoryStorage left = Copy(storage);
        await log.DisposeAsync();

        await using CommitLog fast = await CommitLog.OpenAsync(left, Fast, Stop);

        fast.Recovery.WasClosed.Should().BeFalse();
        fast.Recovery.BytesChecked.Should().BeInRange(1, 256 * 1024);
        (await DescribeAsync(fast)).Should().HaveCount(300);
    }

    [Fact]
    public async Task Index_Damaged_IsPassedOverAndMadeAnew()
    {
        MemoryStorage storage = await ClosedAsync();
        string[] indexes = [.. storage.List().Where(name => name.EndsWith(".idx", StringComparison.Ordinal))];
        indexes.Should().HaveCountGreaterThan(3);
        List<string> all;
        await using (CommitLog log = await CommitLog.OpenAsync(Copy(storage), Options, Stop))
        {
            all = await DescribeAsync(log);
        }

        int length = (int)LengthOf(storage, indexes[0]);
        for (int at = 0; at < length; at += 1 + (at / 8))
        {
            MemoryStorage damaged = Copy(storage);
            foreach (string index in indexes)
            {
                Flip(damaged, index, Math.Min(at, (int)LengthOf(damaged, index) - 1));
            }

            await using CommitLog log = await CommitLog.OpenAsync(damaged, Fast, Stop);
            using LogReader reader = log.OpenReader();
            foreach (int position in new[] { 299, 150, 3 })
            {
                reader.TryReadAt(new LogPosition(position), out LogRecord record).Should().BeTrue();
                Describe(record).Should().Be(all[position - 1], "byte {0} was damaged", at);
            }
        }

        MemoryStorage without = Copy(storage);
        foreach (string index in indexes)
        {
            without.Delete(index);
        }

        await using (CommitLog log = await CommitLog.OpenAsync(without, Fast, Stop))
        {
            log.Recovery.BytesChecked.Should().BeGreaterThan(1_000_000, "without an index a segment is read");
            (await DescribeAsync(log)).Should().Equal(all);
        }

        without.List().Where(name => name.EndsWith(".idx", StringComparison.Ordinal)).Should().HaveCountGreaterThan(3, "they are made anew");
    }

    [Fact]
    public async Task Damage_InASegmentThatWasNotLookedAt_IsMetWhenItIsRead()
    {
        MemoryStorage storage = await ClosedAsync();
        string first = storage.List().First(name => SegmentName.TryParseSegment(name, out _));
        Flip(storage, first, 100_000);

        await FluentActions.Awaiting(() => CommitLog.OpenAsync(Copy(storage), Options, Stop)).Should().ThrowAsync<LogCorruptException>();
        await using CommitLog fast = await CommitLog.OpenAsync(storage, Fast, Stop);
        using LogReader reader = fast.OpenReader();
        reader.Invoking(r =>
        {
            while (r.TryRead(out _))
            {
            }
        }).Should().Throw<LogCorruptException>().Which.File.Should().Be(first);
        reader.Position.Value.Should().BePositive().And.BeLessThan(30);
    }

    [Fact]
    public async Task ReadAt_ChecksTheRecordAlone()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        LogBatch batch = new();
        for (int i = 0; i < 100; i++)
        {
            batch.Add(7, new byte[100]);
        }

        await log.AppendAsync(batch, cancellationToken: Stop);
        string name = storage.List().Single(name => SegmentName.TryParseSegment(name, out _));

        // In the body of the 50th record of the only frame.
        Flip(storage, name, SegmentHeader.Bytes + FrameFormat.HeaderBytes + (49 * 112) + 50);

        using LogReader reader = log.OpenReader();
        reader.TryReadAt(new LogPosition(10), out _).Should().BeTrue();
        reader.TryReadAt(new LogPosition(100), out _).Should().BeTrue();
        reader.Invoking(r => r.TryReadAt(new LogPosition(50), out _)).Should().Throw<LogCorruptException>()
            .Which.Offset.Should().Be(SegmentHeader.Bytes + FrameFormat.HeaderBytes + (49 * 112));
        reader.Seek(LogPosition.Start);
        reader.Invoking(r => r.TryRead(out _)).Should().Throw<LogCorruptException>("reading on checks whole frames");
    }

    internal static MemoryStorage Copy(IStorage storage)
    {
        MemoryStorage copy = new();
        foreach (string name in storage.List())
        {
            using IStorageFile from = storage.Open(name, StorageOpenMode.Read);
            byte[] bytes = new byte[from.Length];
            from.Read(0, bytes);
            using IStorageFile to = copy.Open(name, StorageOpenMode.CreateNew);
            to.Write(0, bytes);
        }

        return copy;
    }

    internal static void Flip(MemoryStorage storage, string name, int at)
    {
        using IStorageFile file = storage.Open(name, StorageOpenMode.Write);
        byte[] one = new byte[1];
        file.Read(at, one);
        one[0] ^= 0x10;
        file.Write(at, one);
    }

    private static long LengthOf(MemoryStorage storage, string name)
    {
        using IStorageFile file = storage.Open(name, StorageOpenMode.Read);
        return file.Length;
    }

    private static async Task<MemoryStorage> ClosedAsync()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        await FillAsync(log);
        return storage;
    }

    private static async Task FillAsync(CommitLog log)
    {
        for (int i = 1; i <= 300; i++)
        {
            await log.AppendAsync(new byte[4_000 + i], cancellationToken: Stop);
        }
    }

    private static string Describe(LogRecord record) => $"{record.Position} {record.Body.Length} {record.Timestamp:O}";

    private static async Task<List<string>> DescribeAsync(CommitLog log) =>
        await log.ReadAsync(follow: false, cancellationToken: Stop).Select(Describe).ToListAsync(Stop);
}
