using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive.Tests.Logs;

/// <summary>A damaged log gives up what is whole of it: every commit that no damage touched, none in part, and none that nobody wrote.</summary>
public sealed class LogSalvageTests
{
    private static readonly CommitLogOptions Options = new() { SegmentBytes = 64 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static readonly CommitLogOptions Salvage = new() { OpenMode = LogOpenMode.Salvage };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Salvage_OfAWholeLog_FindsAllAndNoDamage()
    {
        MemoryStorage storage = await ClosedAsync();
        await using CommitLog log = await CommitLog.OpenAsync(storage, Salvage, Stop);

        log.Recovery.Damages.Should().BeEmpty();
        log.Recovery.WasClosed.Should().BeTrue();
        (await ReadAsync(log)).Should().Equal(Expected(Enumerable.Range(1, 60)));
        await log.Awaiting(l => l.AppendAsync(new byte[1], cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Salvage_OfALogWhoseLastByteIsZero_FindsNoDamage()
    {
        // The last byte is that of a checksum: one log in 256.
        MemoryStorage? storage = null;
        for (int attempt = 0; attempt < 5_000 && storage is null; attempt++)
        {
            MemoryStorage candidate = new();
            await using (CommitLog written = await CommitLog.OpenAsync(candidate, Options, Stop))
            {
                await written.AppendAsync(Body(1), cancellationToken: Stop);
            }

            storage = LastByte(candidate) == 0 ? candidate : null;
        }

        storage.Should().NotBeNull();
        await using CommitLog log = await CommitLog.OpenAsync(storage!, Salvage, Stop);
        log.Recovery.Damages.Should().BeEmpty();
        (await ReadAsync(log)).Should().Equal(Expected([1]));

        static byte LastByte(MemoryStorage storage)
        {
            string segment = storage.List().Single(name => SegmentName.TryParseSegment(name, out _));
            using IStorageFile file = storage.Open(segment, StorageOpenMode.Read);
            byte[] last = new byte[1];
            file.Read(file.Length - 1, last).Should().Be(1);
            return last[0];
        }
    }

    [Fact]
    public async Task Salvage_WithABitFlippedAnywhere_LosesAtMostTheCommitsThere()
    {
        MemoryStorage storage = await ClosedAsync();
        string[] segments = [.. storage.List().Where(name => SegmentName.TryParseSegment(name, out _))];
        int lossy = 0;
        foreach (string segment in segments)
        {
            int length = (int)LengthOf(storage, segment);
            for (int at = SegmentHeader.Bytes; at < length; at += 97)
            {
                MemoryStorage damaged = LogIndexTests.Copy(storage);
                LogIndexTests.Flip(damaged, segment, at);
                await using CommitLog log = await CommitLog.OpenAsync(damaged, Salvage, Stop);

                log.Recovery.Damages.Should().ContainSingle("byte {0} of {1}", at, segment).Which.File.Should().Be(segment);
                List<string> found = await ReadAsync(log);
                int lost = 60 - found.Count;
                lost.Should().BeInRange(0, 1, "a frame holds one commit here: byte {0} of {1}", at, segment);
                found.Should().BeSubsetOf(Expected(Enumerable.Range(1, 60)));
                lossy += lost;
            }
        }

        lossy.Should().BeGreaterThan(100);
    }

    [Fact]
    public async Task Salvage_OfAFrameWithManyCommits_KeepsTheWholeOnes()
    {
        MemoryStorage storage = new();
        await using (CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop))
        {
            // One frame: nothing is written before the last.
            Ignored completion = new();
            for (int i = 1; i <= 30; i++)
            {
                log.TryAppend(CommitLogContract.Batch($"a{i}", $"b{i}"), Durability.Disk, completion, out _).Should().Be(i == 1 ? false : true);
                if (i == 1)
                {
                    await log.WaitForRoomAsync(Stop);
                    log.TryAppend(CommitLogContract.Batch("a1", "b1"), Durability.Disk, completion, out _).Should().BeTrue();
                }
            }

            log.Push(lead: true);
        }

        string segment = storage.List().Single(name => SegmentName.TryParseSegment(name, out _));
        int firstLong = SegmentHeader.Bytes + FrameFormat.HeaderBytes;
        for (int at = firstLong; at < firstLong + (60 * 14); at += 3)
        {
            MemoryStorage damaged = LogIndexTests.Copy(storage);
            LogIndexTests.Flip(damaged, segment, at);
            await using CommitLog log = await CommitLog.OpenAsync(damaged, Salvage, Stop);

            using LogReader reader = log.OpenReader();
            long next = 1;
            long lost = 0;
            int records = 0;
            string commit = "";
            while (reader.TryRead(out LogRecord record))
            {
                record.RemovedBefore.Should().Be(0);
                record.LostBefore.Should().Be(record.Position.Value - next, "byte {0}", at);
                lost += record.LostBefore;
                next = record.Position.Value + 1;
                records++;
                commit += CommitLogContract.Describe(record) + " ";
            }

            records.Should().BeGreaterThanOrEqualTo(56, "two commits at most: byte {0}", at);
            (records % 2).Should().Be(0, "no commit is given in part: {0}", commit);
            log.Recovery.Damages.Should().ContainSingle();
            (records + lost).Should().BeLessThanOrEqualTo(60);
        }
    }

    [Fact]
    public async Task Salvage_WithoutASegment_TellsWhatIsLost()
    {
        MemoryStorage storage = await ClosedAsync();
        string[] segments = [.. storage.List().Where(name => SegmentName.TryParseSegment(name, out _))];
        long second;
        long third;
        await using (CommitLog whole = await CommitLog.OpenAsync(LogIndexTests.Copy(storage), Options, Stop))
        {
            second = whole.Segments[1].Header.FirstPosition;
            third = whole.Segments[2].Header.FirstPosition;
        }

        storage.Delete(segments[1]);
        await using CommitLog log = await CommitLog.OpenAsync(storage, Salvage, Stop);

        LogDamage damage = log.Recovery.Damages.Should().ContainSingle().Which;
        (damage.File, damage.FirstLost.Value, damage.LastLost.Value).Should().Be((segments[1], second, third - 1));
        using LogReader reader = log.OpenReader(new LogPosition(second - 1));
        reader.TryRead(out LogRecord record).Should().BeTrue();
        (record.Position.Value, record.LostBefore).Should().Be((third, third - second));
    }

    [Fact]
    public async Task Salvage_WithoutAManifest_OrWithADamagedSegmentHeader_GoesOn()
    {
        MemoryStorage storage = await ClosedAsync();
        string[] segments = [.. storage.List().Where(name => SegmentName.TryParseSegment(name, out _))];
        MemoryStorage without = LogIndexTests.Copy(storage);
        without.Delete("MANIFEST");
        await using (CommitLog log = await CommitLog.OpenAsync(without, Salvage, Stop))
        {
            log.Recovery.Damages.Should().ContainSingle().Which.File.Should().Be("MANIFEST");
            (await ReadAsync(log)).Should().HaveCount(60);
        }

        LogIndexTests.Flip(storage, segments[0], 60);
        await using CommitLog rest = await CommitLog.OpenAsync(storage, Salvage, Stop);
        rest.Recovery.Damages.Should().ContainSingle().Which.File.Should().Be(segments[0]);
        List<string> found = await ReadAsync(rest);
        found.Should().HaveCountGreaterThan(10).And.HaveCountLessThan(60);
        found.Should().BeSubsetOf(Expected(Enumerable.Range(1, 60)));
    }

    [Fact]
    public async Task Salvage_OfAnEmptyFolder_IsAnEmptyLog()
    {
        await using CommitLog log = await CommitLog.OpenAsync(new MemoryStorage(), Salvage, Stop);
        log.Recovery.Damages.Should().BeEmpty();
        log.Range.End.Should().Be(LogPosition.Start);
        using LogReader reader = log.OpenReader();
        reader.TryRead(out _).Should().BeFalse();
    }

    private static async Task<MemoryStorage> ClosedAsync()
    {
        MemoryStorage storage = new();
        await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        for (int i = 1; i <= 60; i++)
        {
            await log.AppendAsync(Body(i), cancellationToken: Stop);
        }

        return storage;
    }

    private static byte[] Body(int i)
    {
        byte[] body = new byte[3_000 + i];
        body.AsSpan().Fill((byte)i);
        return body;
    }

    private static IEnumerable<string> Expected(IEnumerable<int> positions) => positions.Select(i => $"{i}:{i}x{3_000 + i}");

    private static async Task<List<string>> ReadAsync(CommitLog log) => await log.ReadAsync(follow: false, cancellationToken: Stop)
        .Select(record => record.Body.Span.ContainsAnyExcept(record.Body.Span[0]) ? "mixed" : $"{record.Position}:{record.Body.Span[0]}x{record.Body.Length}")
        .ToListAsync(Stop);

    private static long LengthOf(MemoryStorage storage, string name)
    {
        using IStorageFile file = storage.Open(name, StorageOpenMode.Read);
        return file.Length;
    }

    private sealed class Ignored : ILogCompletion
    {
        public void Complete(LogPosition position, Exception? failure)
        {
        }
    }
}
