using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive.Tests.Logs;

/// <summary>
/// Damage to a log of two segments, byte by byte. Either every acknowledged record is there, or opening is refused; the one exception
/// is the last frame of a log that was not closed, which nothing written later proves.
/// </summary>
public sealed class LogDamageTests
{
    private const int Frames = 40;

    private static readonly CommitLogOptions Options = new() { SegmentBytes = 64 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tear_AtEveryByteOfTheLastFrame_KeepsWhatIsBeforeItAndSetsItAside()
    {
        Image image = await WriteAsync(close: false);
        int tears = 0;
        for (int torn = image.LastFrameAt + 1; torn < image.LastFrameAt + LastFrameUsedBytes; torn++)
        {
            MemoryStorage storage = image.With(image.TornAt(torn));
            await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);

            log.Range.Durable.Value.Should().Be(Frames - 1, "torn at {0}", torn);
            int used = image.LastSegment.AsSpan(0, torn).LastIndexOfAnyExcept((byte)0) + 1;
            log.Recovery.TornBytes.Should().Be(used - image.LastFrameAt);
            Contents(storage, log.Recovery.KeptAside!).Should().Equal(image.LastSegment[image.LastFrameAt..used]);
            (await log.AppendAsync(CommitLogContract.Batch("after"), cancellationToken: Stop)).Value.Should().Be(Frames);
            tears++;
        }

        tears.Should().BeGreaterThan(80);
    }

    [Fact]
    public async Task Tear_WhereAnotherWasSetAside_GetsANameOfItsOwn()
    {
        Image image = await WriteAsync(close: false);
        int end = image.LastSegment.AsSpan(0, image.LastFrameAt + 50).LastIndexOfAnyExcept((byte)0) + 1;
        byte[] cut = image.LastSegment[image.LastFrameAt..end];
        string name = $"torn-{Path.GetFileNameWithoutExtension(image.LastName)}-{image.LastFrameAt}";

        // What stands there already: of other cuts, and of this one, when a recovery crashed in the middle of it or behind it.
        (byte[][] There, int Copy)[] cases =
        [
            ([], 1),
            ([cut], 1),
            ([cut[..20]], 1),
            ([[1, 2, 3]], 2),
            ([[.. cut, 1]], 2),
            ([[1, 2, 3], cut[..20]], 2),
            ([[1, 2, 3], [4]], 3),
        ];
        foreach ((byte[][] there, int copy) in cases)
        {
            MemoryStorage storage = image.With(image.TornAt(image.LastFrameAt + 50));
            for (int i = 0; i < there.Length; i++)
            {
                Put(storage, NameOf(i + 1), there[i]);
            }

            await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);

            log.Recovery.KeptAside.Should().Be(NameOf(copy));
            Contents(storage, NameOf(copy)).Should().Equal(cut);
            for (int i = 1; i < copy; i++)
            {
                Contents(storage, NameOf(i)).Should().Equal(there[i - 1]);
            }
        }

        string NameOf(int copy) => copy == 1 ? $"{name}.bin" : $"{name}-{copy}.bin";
    }

    [Fact]
    public async Task Tear_UnderStrict_IsRefusedAndChangesNothing()
    {
        Image image = await WriteAsync(close: false);
        byte[] torn = image.TornAt(image.LastFrameAt + 50);
        MemoryStorage storage = image.With(torn);
        CommitLogOptions strict = new() { SegmentBytes = Options.SegmentBytes, RecoveryPolicy = RecoveryPolicy.Strict };

        (await FluentActions.Awaiting(() => CommitLog.OpenAsync(storage, strict, Stop)).Should().ThrowAsync<LogCorruptException>())
            .Which.File.Should().Be(image.LastName);
        Contents(storage, image.LastName).Should().Equal(torn);
    }

    [Fact]
    public async Task Cut_AnywhereInTheFile_IsRefused()
    {
        // What the frames say of the file's length proves that more stood there.
        foreach (bool close in new[] { false, true })
        {
            Image image = await WriteAsync(close);
            for (int cut = 0; cut < image.LastSegment.Length; cut += cut < image.LastFrameAt + 600 ? 7 : 511)
            {
                MemoryStorage storage = image.With(image.LastSegment[..cut]);
                await RefusedAsync(storage, cut, image.LastName);
                Contents(storage, image.LastName).Should().HaveCount(cut);
            }
        }
    }

    [Fact]
    public async Task Zeroed_AnySectorBeforeTheLastFrame_IsRefused()
    {
        Image image = await WriteAsync(close: false);
        for (int at = 0; at < image.LastFrameAt; at += 512)
        {
            if (image.LastSegment.AsSpan(at, 512).ContainsAnyExcept((byte)0))
            {
                byte[] damaged = [.. image.LastSegment];
                damaged.AsSpan(at, 512).Clear();
                await RefusedAsync(image.With(damaged), at, image.LastName);
            }
        }
    }

    [Fact]
    public async Task Swapped_AnyTwoSectors_AreRefusedOrOnlyTheLastFrameIsCut()
    {
        Image image = await WriteAsync(close: false);
        int refused = 0;
        for (int first = SegmentHeader.Bytes; first <= image.LastFrameAt; first += 512)
        {
            for (int second = first + 512; second <= image.LastFrameAt; second += 512 * 5)
            {
                byte[] damaged = [.. image.LastSegment];
                image.LastSegment.AsSpan(first, 512).CopyTo(damaged.AsSpan(second));
                image.LastSegment.AsSpan(second, 512).CopyTo(damaged.AsSpan(first));
                try
                {
                    await using CommitLog log = await CommitLog.OpenAsync(image.With(damaged), Options, Stop);
                    log.Range.Durable.Value.Should().BeGreaterThanOrEqualTo(Frames - 2, "swapped {0} and {1}", first, second);
                    second.Should().Be(image.LastFrameAt);
                }
                catch (LogCorruptException)
                {
                    refused++;
                }
            }
        }

        refused.Should().BeGreaterThan(100);
    }

    [Fact]
    public async Task Duplicated_AnySectorBehindItself_IsRefusedOrOnlyTheLastFrameIsCut()
    {
        Image image = await WriteAsync(close: false);
        for (int at = SegmentHeader.Bytes; at < image.LastFrameAt; at += 512)
        {
            byte[] damaged = [.. image.LastSegment];
            image.LastSegment.AsSpan(at, 512).CopyTo(damaged.AsSpan(at + 512));
            if (at + 512 < image.LastFrameAt)
            {
                await RefusedAsync(image.With(damaged), at, image.LastName);
            }
        }
    }

    [Fact]
    public async Task Manifest_GoneOrWithoutAWholeSlot_IsRefused()
    {
        Image image = await WriteAsync(close: true);
        MemoryStorage gone = image.With(image.LastSegment);
        gone.Delete(LogManifest.FileName);
        await RefusedAsync(gone, 0, LogManifest.FileName);

        MemoryStorage wiped = image.With(image.LastSegment);
        using (IStorageFile file = wiped.Open(LogManifest.FileName, StorageOpenMode.Write))
        {
            file.Write(0, new byte[8192]);
        }

        await RefusedAsync(wiped, 0, LogManifest.FileName);
    }

    [Fact]
    public async Task LastSegmentGone_IsRefused()
    {
        Image image = await WriteAsync(close: true);
        MemoryStorage storage = image.With(image.LastSegment);
        storage.Delete(image.LastName);

        await RefusedAsync(storage, 0, image.LastName);
    }

    [Fact]
    public async Task IdleLog_ThatWasNotClosed_KnowsHowFarItIsProven()
    {
        MemoryStorage storage = new();
        CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { SegmentBytes = 64 * 1024, IdleMarkDelay = TimeSpan.FromMilliseconds(1) }, Stop);
        await log.AppendAsync(CommitLogContract.Batch("a"), cancellationToken: Stop);
        string name = storage.List().Single(IsSegment);
        SpinWait.SpinUntil(() => MarkOf(storage) == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();

        // A copy of what a crash would leave, with its last and only frame zeroed.
        MemoryStorage copy = new();
        Put(copy, LogManifest.FileName, Contents(storage, LogManifest.FileName));
        byte[] bytes = Contents(storage, name);
        bytes.AsSpan(SegmentHeader.Bytes, 512).Clear();
        Put(copy, name, bytes);
        await log.DisposeAsync();

        await RefusedAsync(copy, SegmentHeader.Bytes, name);
    }

    [Fact]
    public async Task RecoveryOfATornLog_ThenAnother_GivesTheSame()
    {
        Image image = await WriteAsync(close: false);
        MemoryStorage storage = image.With(image.TornAt(image.LastFrameAt + 50));
        for (int round = 0; round < 3; round++)
        {
            await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
            log.Range.Durable.Value.Should().Be(Frames - 1 + round);
            (await log.AppendAsync(CommitLogContract.Batch($"round {round}"), cancellationToken: Stop)).Value.Should().Be(Frames + round);
        }
    }

    [Fact]
    public async Task Flip_OfAnyBitBeforeTheLastFrame_IsRefusedNamingThePlace()
    {
        Image image = await WriteAsync(close: false);
        foreach (int at in Places(image.LastFrameAt))
        {
            byte[] damaged = [.. image.LastSegment];
            damaged[at] ^= (byte)(1 << (at % 8));
            MemoryStorage storage = image.With(damaged);

            await RefusedAsync(storage, at, image.LastName);
            Contents(storage, image.LastName).Should().Equal(damaged, "nothing may be changed");
        }
    }

    [Fact]
    public async Task Flip_OfAnyBitOfAClosedLog_IsRefused()
    {
        Image image = await WriteAsync(close: true);
        foreach (int at in Places(image.LastSegment.Length))
        {
            byte[] damaged = [.. image.LastSegment];
            damaged[at] ^= (byte)(1 << (at % 8));

            await RefusedAsync(image.With(damaged), at, image.LastName);
        }
    }

    [Fact]
    public async Task Flip_OfAnyBitOfTheLastFrame_IsCutOrRefusedAndNeverInvented()
    {
        Image image = await WriteAsync(close: false);
        for (int at = image.LastFrameAt; at < image.LastFrameAt + 512; at++)
        {
            byte[] damaged = [.. image.LastSegment];
            damaged[at] ^= (byte)(1 << (at % 8));
            await using CommitLog log = await CommitLog.OpenAsync(image.With(damaged), Options, Stop);

            log.Range.Durable.Value.Should().Be(Frames - 1);
            log.Recovery.TornBytes.Should().BeGreaterThan(0);
        }
    }

    [Fact]
    public async Task Flip_InAnEarlierSegment_IsRefused()
    {
        Image image = await WriteAsync(close: false);
        for (int at = 0; at < image.FirstSegment.Length; at += 61)
        {
            byte[] damaged = [.. image.FirstSegment];
            damaged[at] ^= 0x10;
            MemoryStorage storage = image.With(image.LastSegment);
            storage.Delete(image.FirstName);
            Put(storage, image.FirstName, damaged);

            await RefusedAsync(storage, at, image.FirstName);
        }
    }

    [Fact]
    public async Task MissingSegment_IsRefused()
    {
        Image image = await WriteAsync(close: false, segments: 3);
        MemoryStorage storage = image.With(image.LastSegment);
        storage.Delete(image.MiddleName!);

        (await FluentActions.Awaiting(() => CommitLog.OpenAsync(storage, Options, Stop)).Should().ThrowAsync<LogCorruptException>())
            .Which.File.Should().Be(image.MiddleName);
    }

    [Fact]
    public async Task StaleFramesOfAnotherLog_AreNoFrames()
    {
        // The same bytes at the same place, but written under another salt: an unfinished write is cut there, not taken for records.
        Image image = await WriteAsync(close: false);
        Image other = await WriteAsync(close: false);
        byte[] mixed = [.. image.LastSegment[..image.LastFrameAt], .. other.LastSegment[image.LastFrameAt..]];

        await using CommitLog log = await CommitLog.OpenAsync(image.With(mixed), Options, Stop);

        log.Range.Durable.Value.Should().Be(Frames - 1);
    }

    // Header, one record of 9 bytes, and nothing else but zeros and the trailer.
    private const int LastFrameUsedBytes = 512;

    // Every byte of the headers and of the first frames, and samples of the rest; every byte of all in the long form.
    private static IEnumerable<int> Places(int end)
    {
        bool all = Environment.GetEnvironmentVariable("DATAINTENSIVE_LONG") == "1";
        for (int at = 0; at < end; at += all || at < 100 || at is >= SegmentHeader.Bytes and < SegmentHeader.Bytes + 1024 ? 1 : 53)
        {
            yield return at;
        }
    }

    private static long MarkOf(MemoryStorage storage)
    {
        using IStorageFile file = storage.Open(LogManifest.FileName, StorageOpenMode.Read);
        return LogManifest.Read(file)?.MarkPosition ?? 0;
    }

    private static async Task RefusedAsync(MemoryStorage storage, int at, string file)
    {
        LogCorruptException corrupt = (await FluentActions.Awaiting(() => CommitLog.OpenAsync(storage, Options, Stop))
            .Should().ThrowAsync<LogCorruptException>("byte {0} of {1} is damaged", at, file)).Which;
        corrupt.File.Should().Be(file);
        corrupt.Message.Should().Contain(file).And.Contain("offset");
    }

    private static async Task<Image> WriteAsync(bool close, int segments = 2)
    {
        MemoryStorage storage = new();
        CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);
        int lastFrameAt = 0;
        for (int i = 1; i <= Frames; i++)
        {
            // A few large records early fill all segments but the last, which then holds small frames.
            string record = i < segments ? new string('x', 62_000) : $"record {i}";
            lastFrameAt = log.Segments.Length == 0 ? 0 : (int)log.Segments[^1].End;
            await log.AppendAsync(CommitLogContract.Batch(record), cancellationToken: Stop);
        }

        string[] names = [.. storage.List()];
        Image image = new(storage, names, lastFrameAt);
        if (close)
        {
            await log.DisposeAsync();
            image = new Image(storage, names, lastFrameAt);
        }

        return image;
    }

    private static byte[] Contents(MemoryStorage storage, string name)
    {
        using IStorageFile file = storage.Open(name, StorageOpenMode.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    private static bool IsSegment(string name) => SegmentName.TryParseSegment(name, out _);

    private static void Put(MemoryStorage storage, string name, byte[] bytes)
    {
        using IStorageFile file = storage.Open(name, StorageOpenMode.CreateNew);
        file.Write(0, bytes);
    }

    private sealed class Image(MemoryStorage storage, string[] names, int lastFrameAt)
    {
        private readonly Dictionary<string, byte[]> _files = names.ToDictionary(name => name, name => Contents(storage, name));
        private readonly string[] _segments = [.. names.Where(IsSegment)];

        public string FirstName => _segments[0];

        public string? MiddleName => _segments.Length > 2 ? _segments[1] : null;

        public string LastName => _segments[^1];

        public byte[] FirstSegment => _files[FirstName];

        public byte[] LastSegment => _files[LastName];

        public int LastFrameAt => lastFrameAt;

        public byte[] TornAt(int length)
        {
            byte[] torn = [.. LastSegment];
            torn.AsSpan(length).Clear();
            return torn;
        }

        public MemoryStorage With(byte[] lastSegment)
        {
            MemoryStorage copy = new();
            foreach (string name in names)
            {
                Put(copy, name, name == LastName ? lastSegment : _files[name]);
            }

            return copy;
        }
    }
}
