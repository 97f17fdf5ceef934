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

    private static readonly CommitLogOptions Options = new() { SegmentBytes = 64 * 1024 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cut_AtEveryByteOfTheLastFrame_KeepsWhatIsBeforeItAndSetsItAside()
    {
        Image image = await WriteAsync(close: false);
        int cuts = 0;
        for (int cut = image.LastFrameAt; cut < image.LastSegment.Length; cut++)
        {
            MemoryStorage storage = image.With(image.LastSegment[..cut]);
            await using CommitLog log = await CommitLog.OpenAsync(storage, Options, Stop);

            log.Range.Durable.Value.Should().Be(Frames - 1, "cut at {0}", cut);
            log.Recovery.TornBytes.Should().Be(cut - image.LastFrameAt);
            if (cut > image.LastFrameAt)
            {
                Contents(storage, log.Recovery.KeptAside!).Should().Equal(image.LastSegment[image.LastFrameAt..cut]);
            }

            (await log.AppendAsync(CommitLogContract.Batch("after"), cancellationToken: Stop)).Value.Should().Be(Frames);
            cuts++;
        }

        cuts.Should().BeGreaterThan(80);
    }

    [Fact]
    public async Task RecoveryOfATornLog_ThenAnother_GivesTheSame()
    {
        Image image = await WriteAsync(close: false);
        MemoryStorage storage = image.With(image.LastSegment[..(image.LastFrameAt + 50)]);
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
        for (int at = 0; at < image.LastFrameAt; at++)
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
        for (int at = 0; at < image.LastSegment.Length - CloseMarkBytes; at++)
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
        for (int at = image.LastFrameAt; at < image.LastSegment.Length; at++)
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
            MemoryStorage storage = new();
            Put(storage, image.FirstName, damaged);
            Put(storage, image.LastName, image.LastSegment);

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
        byte[] mixed = [.. image.LastSegment[..image.LastFrameAt], .. other.LastSegment[other.LastFrameAt..]];

        await using CommitLog log = await CommitLog.OpenAsync(image.With(mixed), Options, Stop);

        log.Range.Durable.Value.Should().Be(Frames - 1);
    }

    private const int CloseMarkBytes = 72;

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

    private static void Put(MemoryStorage storage, string name, byte[] bytes)
    {
        using IStorageFile file = storage.Open(name, StorageOpenMode.CreateNew);
        file.Write(0, bytes);
    }

    private sealed class Image(MemoryStorage storage, string[] names, int lastFrameAt)
    {
        private readonly Dictionary<string, byte[]> _files = names.ToDictionary(name => name, name => Contents(storage, name));

        public string FirstName => names[0];

        public string? MiddleName => names.Length > 2 ? names[1] : null;

        public string LastName => names[^1];

        public byte[] FirstSegment => _files[names[0]];

        public byte[] LastSegment => _files[names[^1]];

        public int LastFrameAt => lastFrameAt;

        public MemoryStorage With(byte[] lastSegment)
        {
            MemoryStorage copy = new();
            foreach (string name in names[..^1])
            {
                Put(copy, name, _files[name]);
            }

            Put(copy, LastName, lastSegment);
            return copy;
        }
    }
}
