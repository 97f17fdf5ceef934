using System.Runtime.InteropServices;
using DataIntensive.Storage;

namespace DataIntensive.Tests.Storage;

/// <summary>Large writes past the page cache and zeros ahead of small ones are never seen in what a file holds.</summary>
public sealed class FileStorageWriteTests : IDisposable
{
    private const int Sector = 512;
    private const int Large = DirectFile.SmallestWrite;
    private const int BlockBytes = DirectFile.BlockBytes;

    private readonly TemporaryDirectory _directory = new();

    private bool IsKnownFileSystem => OperatingSystem.IsLinux() && new DriveInfo(_directory.Path).DriveFormat is "ext4" or "xfs";

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    [InlineData(false, 4)]
    public void Writes_OfAnySizeAndPlace_ReadBackAsWritten(bool direct, int seed)
    {
        using FileStorage storage = new(_directory.Path) { DirectWrites = direct };
        using IStorageFile file = storage.Open("a", StorageOpenMode.CreateNew);
        using IStorageFile reader = storage.Open("a", StorageOpenMode.Read);
        Random random = new(seed);
        byte[] model = [];
        Memory<byte> block = AlignedBlock(12 * Large);
        for (int step = 0; step < 150; step++)
        {
            if (random.Next(6) == 0)
            {
                int length = model.Length > 0 && random.Next(3) == 0 ? random.Next(model.Length) : model.Length + random.Next(4 * Large);
                file.SetLength(length);
                Array.Resize(ref model, length);
            }
            else
            {
                int length = random.Next(2) == 0 ? random.Next(1, 3 * Sector) : Large + (random.Next(10 * Large / Sector) * Sector) + (random.Next(4) == 0 ? 1 : 0);
                int offset = random.Next((model.Length / Sector) + 3) * Sector;
                Span<byte> bytes = block.Span[..length];
                random.NextBytes(bytes);
                file.Write(offset, bytes);
                Array.Resize(ref model, Math.Max(model.Length, offset + length));
                bytes.CopyTo(model.AsSpan(offset));
            }

            if (step % 3 == 0)
            {
                file.Flush();
            }

            byte[] read = new byte[model.Length + 1];
            reader.Read(0, read).Should().Be(model.Length);
            if (!read.AsSpan(0, model.Length).SequenceEqual(model))
            {
                Assert.Fail($"The file differs from what was written at {read.AsSpan().CommonPrefixLength(model)}, step {step}, seed {seed}.");
            }
        }
    }

    [Fact]
    public void DirectWrite_OfWholeBlocks_IsTakenAndReadThroughThePageCache()
    {
        Assert.SkipUnless(IsKnownFileSystem, "Direct writes are used on ext4 and xfs.");
        string path = _directory.File("a");
        File.WriteAllBytes(path, new byte[BlockBytes]);
        using DirectFile direct = new(path);
        Memory<byte> blocks = AlignedBlock(5 * 1024 * 1024);
        new Random(1).NextBytes(blocks.Span);

        direct.TryWrite(BlockBytes, blocks.Span).Should().BeTrue();

        File.ReadAllBytes(path).AsSpan(BlockBytes).SequenceEqual(blocks.Span).Should().BeTrue();
    }

    [Fact]
    public void DirectWrite_ThatIsSmallOrUnalignedInMemory_IsLeftToThePageCache()
    {
        string path = _directory.File("a");
        File.WriteAllBytes(path, []);
        using DirectFile direct = new(path);
        Memory<byte> blocks = AlignedBlock(2 * Large);

        direct.TryWrite(0, blocks.Span[..(Large - BlockBytes)]).Should().BeFalse();
        direct.TryWrite(0, blocks.Span.Slice(1, Large)).Should().BeFalse();

        File.ReadAllBytes(path).Should().BeEmpty();
    }

    [Fact]
    public void DirectWrite_ThatTheFileSystemRefusesAtTheWrite_IsLeftToThePageCache()
    {
        Assert.SkipUnless(IsKnownFileSystem, "Direct writes are used on ext4 and xfs.");
        string path = _directory.File("a");
        File.WriteAllBytes(path, []);
        using DirectFile direct = new(path);

        // As a disk with larger blocks would.
        direct.TryWrite(100, AlignedBlock(Large).Span).Should().BeFalse();

        direct.TryWrite(0, AlignedBlock(Large).Span).Should().BeFalse("it does not try again");
    }

    [Fact]
    public void DirectWrite_WhereItIsRefused_IsLeftToThePageCache()
    {
        using DirectFile direct = new(_directory.File("not there"));

        direct.TryWrite(0, AlignedBlock(Large).Span).Should().BeFalse();
    }

    [Fact]
    public void SetLength_ThenSmallWrites_TakeNoMoreThanTheLength()
    {
        using FileStorage storage = new(_directory.Path);
        using IStorageFile file = storage.Open("a", StorageOpenMode.CreateNew);
        file.SetLength(100_000);
        for (int i = 0; i < 195; i++)
        {
            file.Write(i * Sector, [1]);
        }

        file.Length.Should().Be(100_000);
    }

    public void Dispose() => _directory.Dispose();

    private static Memory<byte> AlignedBlock(int length)
    {
        byte[] bytes = GC.AllocateArray<byte>(length + 4096, pinned: true);
        int behind = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) & 4095);
        return bytes.AsMemory((4096 - behind) & 4095, length);
    }
}
