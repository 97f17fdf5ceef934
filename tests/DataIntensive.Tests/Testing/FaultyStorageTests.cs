using DataIntensive.Storage;
using DataIntensive.Testing;
using DataIntensive.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Testing;

/// <summary>Without options it is a storage like any other.</summary>
public sealed class FaultlessFaultyStorageTests : StorageContract
{
    protected override IStorage Storage { get; } = new FaultyStorage();
}

/// <summary>Faults of a disk that goes on working.</summary>
public sealed class FaultyStorageTests
{
    [Fact]
    public void Report_CountsEachKindOfOperation()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { Seed = 5 });
        using (IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew))
        {
            file.Write(0, [1, 2, 3]);
            file.Write(3, [4]);
            file.SetLength(2);
            file.Flush();
        }

        disk.FlushNames();
        disk.Delete("a");
        disk.List();

        disk.Report.Should().Be(new FaultyStorageReport(5, 7, 2, 1, 1, 1, 1, 1, null, 0, 0, 0, 0, default));
        disk.ToString().Should().Contain("Seed = 5");
    }

    [Fact]
    public void FailWriteAt_FailsThatWriteOnly()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { FailWriteAt = 2 });
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        file.Write(0, [1]);
        file.Invoking(f => f.Write(1, new byte[100])).Should().Throw<IOException>();
        file.Length.Should().BeLessThanOrEqualTo(101);
        file.Write(0, [2]);
        disk.FailNextWrite();
        file.Invoking(f => f.Write(1, [3])).Should().Throw<IOException>();
        disk.Report.FailedWrites.Should().Be(2);
    }

    // As on Linux: what a failed fsync did not write is never written, however often fsync succeeds afterwards.
    [Fact]
    public void FailedFlush_ThenAGoodOne_LosesWhatTheFirstShouldHaveWritten()
    {
        int lost = 0;
        for (ulong seed = 0; seed < 20; seed++)
        {
            FaultyStorage disk = new(new FaultyStorageOptions { Seed = seed, FailFlushAt = 1 });
            using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
            disk.FlushNames();
            file.Write(0, Filled(2048, 7));
            file.Invoking(f => f.Flush()).Should().Throw<IOException>();
            disk.Report.FailedFlushes.Should().Be(1);
            file.Flush();
            file.Write(2048, [9]);
            file.Flush();

            Content(disk, "a").Should().Equal([.. Filled(2048, 7), 9], "it is still in the page cache");
            FaultyStorage restarted = disk.AfterCrash(CrashKind.ProcessOnly);
            Content(restarted, "a").Should().Equal([.. Filled(2048, 7), 9], "a new process sees the same page cache");
            byte[] left = Content(restarted.AfterCrash(CrashKind.PowerCut), "a");
            left[2048].Should().Be(9);
            lost += left.SequenceEqual(Content(disk, "a")) ? 0 : 1;
        }

        lost.Should().BeInRange(5, 20);
    }

    [Fact]
    public void FailNextFlush_FailsTheNextOnly()
    {
        FaultyStorage disk = new();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        disk.FailNextFlush();
        file.Invoking(f => f.Flush()).Should().Throw<IOException>();
        file.Flush();
        disk.Report.FailedFlushes.Should().Be(1);
    }

    [Fact]
    public void FullDisk_StoresWhatFitsAndSaysSo()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { CapacityBytes = 2048 });
        using IStorageFile other = disk.Open("other", StorageOpenMode.CreateNew);
        other.Write(0, [1]);
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        IOException full = file.Invoking(f => f.Write(100, new byte[5000])).Should().Throw<IOException>().Which;

        if (!OperatingSystem.IsWindows())
        {
            full.HResult.Should().Be(28, "it is the platform's number for a full disk");
        }

        file.Length.Should().Be(3 * 512);
        disk.UsedBytes.Should().Be(2048);
        disk.Report.RefusedForSpace.Should().Be(1);
        file.Write(200, new byte[300]);

        disk.Delete("other");
        file.Write(1536, new byte[512]);
        file.Invoking(f => f.Write(2048, [1])).Should().Throw<IOException>();
        disk.CapacityBytes = null;
        file.Write(2048, [1]);
    }

    [Fact]
    public void FullDisk_LongerBySetLength_TakesSpaceOrChangesNothing()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { CapacityBytes = 2048 });
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        file.SetLength(1_500);
        disk.UsedBytes.Should().Be(1_536);
        file.Write(700, [1]);
        disk.UsedBytes.Should().Be(1_536, "the place was taken already");
        file.Invoking(f => f.SetLength(2_049)).Should().Throw<IOException>();
        (file.Length, disk.UsedBytes, disk.Report.RefusedForSpace).Should().Be((1_500, 1_536, 1));
        file.SetLength(10);
        disk.UsedBytes.Should().Be(512);
    }

    // ftruncate makes a hole: the place is only taken when something is written into it.
    [Fact]
    public void FullDisk_LongerBySetLength_TakesNothingWhereFilesAreSparse()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { CapacityBytes = 512, IsSparse = true });
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        file.SetLength(1_000_000);
        disk.UsedBytes.Should().Be(0);
        file.Write(700, [1]);
        file.Invoking(f => f.Write(0, [1])).Should().Throw<IOException>();
        file.SetLength(10);
        disk.UsedBytes.Should().Be(0);
    }

    [Fact]
    public async Task FlushDelay_HoldsTheFlushAndNothingElse()
    {
        FakeTimeProvider time = new();
        using SemaphoreSlim begun = new(0);
        FaultyStorage disk = new(new FaultyStorageOptions { FlushDelay = TimeSpan.FromSeconds(5), TimeProvider = time, BeforeFlush = _ => begun.Release() });
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        disk.FlushNames();
        file.Write(0, [1]);
        Task flush = Task.Run(file.Flush, TestContext.Current.CancellationToken);
        await begun.WaitAsync(TestContext.Current.CancellationToken);
        file.Write(1, [2]);
        Content(disk.AfterEveryPowerCut().First(), "a").Should().BeEmpty("the flush is under way");

        while (!flush.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await flush;
        Content(disk.AfterEveryPowerCut().First(), "a").Should().Equal([1], "what was written after the flush began may have come too late for it");
    }

    [Fact]
    public void Damage_ChangesWhatIsReadAndWhatIsDurable()
    {
        byte[] bytes = [.. Enumerable.Range(0, 10).Select(i => (byte)i)];
        byte[] After(Func<FaultyStorage, bool> damage)
        {
            FaultyStorage disk = Holding(bytes);
            damage(disk).Should().BeTrue();
            disk.Report.Damages.Should().Be(1);
            byte[] left = Content(disk, "a");
            Content(disk.AfterCrash(CrashKind.PowerCut), "a").Should().Equal(left);
            return left;
        }

        After(disk => disk.FlipBit("a", 9, 7)).Should().Equal(0, 1, 2, 3, 4, 5, 6, 7, 8, 9 + 128);
        After(disk => disk.ZeroSector("a", 1, 4)).Should().Equal(0, 1, 2, 3, 0, 0, 0, 0, 8, 9);
        After(disk => disk.SwapSectors("a", 0, 1, 4)).Should().Equal(4, 5, 6, 7, 0, 1, 2, 3, 8, 9);
        After(disk => disk.SwapSectors("a", 2, 0, 4)).Should().Equal(8, 9, 2, 3, 4, 5, 6, 7, 0, 1);
        After(disk => disk.DropSector("a", 1, 4)).Should().Equal(0, 1, 2, 3, 8, 9);
        After(disk => disk.DuplicateSector("a", 2, 4)).Should().Equal(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 9);
        After(disk => disk.Cut("a", 3)).Should().Equal(0, 1, 2);
    }

    [Fact]
    public void Damage_ThatChangesNothing_SaysSo()
    {
        FaultyStorage disk = Holding(new byte[1024]);
        disk.ZeroSector("a", 1).Should().BeFalse();
        disk.SwapSectors("a", 0, 1).Should().BeFalse();
        disk.Cut("a", 1024).Should().BeFalse();
        disk.Report.Damages.Should().Be(0);
    }

    [Fact]
    public void Misuse_IsRefused()
    {
        FaultyStorage disk = Holding([1]);
        disk.Invoking(d => d.FlipBit("a", 1, 0)).Should().Throw<ArgumentOutOfRangeException>();
        disk.Invoking(d => d.FlipBit("a", 0, 8)).Should().Throw<ArgumentOutOfRangeException>();
        disk.Invoking(d => d.ZeroSector("b", 0)).Should().Throw<FileNotFoundException>();
        disk.Invoking(d => d.Open("../a", StorageOpenMode.Read)).Should().Throw<ArgumentException>();
        disk.Invoking(d => d.CapacityBytes = -1).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new FaultyStorageOptions { CrashAtOperation = -1 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new FaultyStorageOptions { FlushDelay = TimeSpan.FromTicks(-1) }).Should().Throw<ArgumentOutOfRangeException>();
        IStorageFile read = disk.Open("a", StorageOpenMode.Read);
        read.Invoking(f => f.Write(0, [1])).Should().Throw<UnauthorizedAccessException>();
        read.Dispose();
        read.Invoking(f => f.Length).Should().Throw<ObjectDisposedException>();
    }

    private static FaultyStorage Holding(byte[] bytes)
    {
        FaultyStorage disk = new();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        file.Write(0, bytes);
        file.Flush();
        disk.FlushNames();
        return disk;
    }

    private static byte[] Filled(int count, byte value) => [.. Enumerable.Repeat(value, count)];

    private static byte[] Content(FaultyStorage disk, string name)
    {
        using IStorageFile file = disk.Open(name, StorageOpenMode.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }
}
