using DataIntensive.Storage;
using DataIntensive.Testing;

namespace DataIntensive.Tests.Testing;

/// <summary>What a crash leaves.</summary>
public sealed class FaultyStorageCrashTests
{
    [Fact]
    public void CrashAtOperation_StopsEverythingFromThere()
    {
        for (int at = 1; at <= 7; at++)
        {
            FaultyStorage disk = new(new FaultyStorageOptions { CrashAtOperation = at, Seed = 3 });
            int done = 0;
            SimulatedCrashException crash = FluentActions.Invoking(() => Run(disk, () => done++)).Should().Throw<SimulatedCrashException>().Which;

            done.Should().Be(at - 1);
            crash.Operation.Should().Be(at);
            crash.Message.Should().Contain("seed 3");
            disk.Report.CrashedAt.Should().Be(at);
            disk.Report.Operations.Should().Be(at, "nothing counts after the crash");
            disk.Invoking(d => d.List()).Should().Throw<SimulatedCrashException>();
            disk.Invoking(d => d.Lock()).Should().Throw<SimulatedCrashException>();
            disk.Invoking(d => d.Delete("a")).Should().Throw<SimulatedCrashException>();
            disk.AfterCrash(CrashKind.PowerCut).Report.CrashedAt.Should().BeNull();
        }

        FaultyStorage unharmed = new(new FaultyStorageOptions { CrashAtOperation = 8 });
        Run(unharmed, () => { });
        unharmed.Report.CrashedAt.Should().BeNull();
        unharmed.Report.Operations.Should().Be(7);

        static void Run(FaultyStorage disk, Action done)
        {
            using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
            done();
            file.Write(0, new byte[1000]);
            done();
            file.SetLength(10);
            done();
            file.Flush();
            done();
            disk.FlushNames();
            done();
            disk.Delete("a");
            done();
            disk.FlushNames();
            done();
        }
    }

    [Fact]
    public void ACrashInAWrite_LeavesAnyBeginningOfIt()
    {
        HashSet<long> lengths = [];
        for (ulong seed = 0; seed < 50; seed++)
        {
            FaultyStorage disk = new(new FaultyStorageOptions { CrashAtOperation = 2, Seed = seed });
            IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
            file.Invoking(f => f.Write(0, [1, 2, 3])).Should().Throw<SimulatedCrashException>();
            lengths.Add(Content(disk.AfterCrash(CrashKind.ProcessOnly), "a")!.Length);
        }

        lengths.Should().BeEquivalentTo([0L, 1, 2, 3]);
    }

    [Fact]
    public void ProcessOnly_KeepsEverythingWritten()
    {
        FaultyStorage disk = new();
        using IDisposable held = disk.Lock();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        file.Write(0, [1, 2]);

        FaultyStorage after = disk.AfterCrash(CrashKind.ProcessOnly);

        Content(after, "a").Should().Equal(1, 2);
        after.Lock().Dispose();
        file.Write(0, [9]);
        Content(after, "a").Should().Equal([1, 2], "the new storage is a copy");
        Enumerable.Range(0, 40).Select(seed => Content(after.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = (ulong)seed }), "a"))
            .Should().Contain(content => content == null, "what was not flushed is not safer for the process that died");
    }

    [Fact]
    public void PowerCut_KeepsWhatWasFlushedWhateverTheSeed()
    {
        FaultyStorage disk = new();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        file.Write(0, Pattern(5000, 1));
        file.Flush();
        disk.FlushNames();
        file.Write(5000, Pattern(3000, 2));
        disk.Open("b", StorageOpenMode.CreateNew).Dispose();

        for (ulong seed = 0; seed < 100; seed++)
        {
            byte[] left = Content(disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = seed }), "a")!;
            left[..5000].Should().Equal(Pattern(5000, 1));
            left.Length.Should().BeLessThanOrEqualTo(8000);
        }
    }

    [Fact]
    public void PowerCut_OfUnflushedWrites_KeepsLosesAndTears()
    {
        FaultyStorage disk = new();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        disk.FlushNames();
        byte[] written = Pattern(3000, 1);
        file.Write(0, written);

        HashSet<string> outcomes = [];
        int gaps = 0;
        int torn = 0;
        for (ulong seed = 0; seed < 200; seed++)
        {
            FaultyStorage after = disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = seed });
            PowerCutReport cut = after.Report.Cut;
            (cut.Kept + cut.Lost + cut.Torn).Should().Be(6, "3,000 bytes are six sectors");
            byte[] left = Content(after, "a")!;
            left.Where((value, i) => value != 0 && value != written[i]).Should().BeEmpty("a disk loses, it does not invent");
            outcomes.Add(Convert.ToHexString(left));
            gaps += left.Length == 3000 && cut.Lost > 0 ? 1 : 0;
            torn += cut.Torn > 0 ? 1 : 0;
            Content(disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = seed }), "a").Should().Equal(left, "one seed, one outcome");
        }

        outcomes.Count.Should().BeGreaterThan(50);
        outcomes.Should().Contain("", "all may be lost").And.Contain(Convert.ToHexString(written), "all may be there");
        gaps.Should().BeGreaterThan(10);
        torn.Should().BeGreaterThan(10);
    }

    [Fact]
    public void PowerCut_OfTwoWritesToOnePlace_MayKeepEither()
    {
        FaultyStorage disk = new();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        disk.FlushNames();
        file.Write(0, [1]);
        file.Write(0, [2]);

        Enumerable.Range(0, 100)
            .Select(seed => Content(disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = (ulong)seed }), "a")!)
            .Select(content => content.Length == 0 ? -1 : content[0])
            .Distinct().Should().BeEquivalentTo([-1, 0, 1, 2]);
    }

    [Fact]
    public void PowerCut_UndoesCreationsAndDeletionsThatWereNotFlushed()
    {
        FaultyStorage disk = new();
        using (IStorageFile old = disk.Open("old", StorageOpenMode.CreateNew))
        {
            old.Write(0, [1]);
            old.Flush();
        }

        disk.FlushNames();
        disk.Delete("old");
        using IStorageFile file = disk.Open("new", StorageOpenMode.CreateNew);
        file.Write(0, [2]);
        file.Flush();

        string[] outcomes = [.. Enumerable.Range(0, 50)
            .Select(seed => disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = (ulong)seed }))
            .Select(after => $"{string.Join(',', after.List())} kept {after.Report.Cut.NamesKept}").Distinct()];
        outcomes.Should().BeEquivalentTo(["old kept 0", "new,old kept 1", " kept 1", "new kept 2"]);

        disk.FlushNames();
        disk.AfterCrash(CrashKind.PowerCut).List().Should().Equal("new");
        Content(disk.AfterCrash(CrashKind.PowerCut), "new").Should().Equal(2);
    }

    [Fact]
    public void AFileMadeAnew_HasAfterAPowerCutItsOldContentOrItsNew()
    {
        FaultyStorage disk = new();
        using (IStorageFile old = disk.Open("a", StorageOpenMode.CreateNew))
        {
            old.Write(0, [1]);
            old.Flush();
            disk.FlushNames();
        }

        disk.Delete("a");
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        file.Write(0, [2]);
        file.Flush();

        Enumerable.Range(0, 50)
            .Select(seed => Content(disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = (ulong)seed }), "a")?[0])
            .Distinct().Should().BeEquivalentTo(new byte?[] { null, 1, 2 });
    }

    [Fact]
    public void AfterEveryPowerCut_GivesAllSubsetsOfUnflushedChanges()
    {
        FaultyStorage disk = new();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        disk.FlushNames();
        file.Write(0, [1]);
        file.Write(1, [2]);
        file.SetLength(3);

        string[] outcomes = [.. disk.AfterEveryPowerCut().Select(after => Convert.ToHexString(Content(after, "a")!))];
        outcomes.Should().Equal("", "01", "0002", "0102", "000000", "010000", "000200", "010200");
        disk.AfterEveryPowerCut().Select(after => after.Report.Cut.Kept).Should().Equal(0, 1, 1, 2, 1, 2, 2, 3);
    }

    [Fact]
    public void AfterEveryPowerCut_BySectors_TakesWritesApart()
    {
        FaultyStorage disk = new();
        using IStorageFile file = disk.Open("a", StorageOpenMode.CreateNew);
        disk.FlushNames();
        file.Write(0, Pattern(1025, 1));

        disk.AfterEveryPowerCut().Should().HaveCount(2);
        disk.AfterEveryPowerCut(512).Should().HaveCount(8);
        disk.Invoking(d => d.AfterEveryPowerCut(1)).Should().Throw<InvalidOperationException>();
    }

    private static byte[] Pattern(int count, int start) => [.. Enumerable.Range(0, count).Select(i => (byte)(1 + ((start + i) % 255)))];

    private static byte[]? Content(FaultyStorage disk, string name)
    {
        if (!disk.List().Contains(name))
        {
            return null;
        }

        using IStorageFile file = disk.Open(name, StorageOpenMode.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }
}
