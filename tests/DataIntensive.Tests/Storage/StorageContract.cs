using DataIntensive.Storage;

namespace DataIntensive.Tests.Storage;

/// <summary>What every <see cref="IStorage"/> does.</summary>
public abstract class StorageContract
{
    protected abstract IStorage Storage { get; }

    [Fact]
    public void List_OfANewFolder_IsEmpty() => Storage.List().Should().BeEmpty();

    [Fact]
    public void Files_AreListedByNameAndGoneWhenDeleted()
    {
        using IDisposable held = Storage.Lock();
        Storage.Open("b.seg", StorageOpenMode.CreateNew).Dispose();
        Storage.Open("a.seg", StorageOpenMode.CreateNew).Dispose();
        Storage.List().Where(name => name != "LOCK").Should().Equal("a.seg", "b.seg");

        Storage.Delete("a.seg");
        Storage.Delete("a.seg");
        Storage.FlushNames();

        Storage.List().Where(name => name != "LOCK").Should().Equal("b.seg");
    }

    [Fact]
    public void Write_AtAnyOffset_ReadsBackWithZerosBetween()
    {
        using IDisposable held = Storage.Lock();
        using IStorageFile file = Storage.Open("a.seg", StorageOpenMode.CreateNew);
        file.Write(10, [1, 2, 3]);
        file.Write(0, [9]);
        file.Flush();

        byte[] read = new byte[20];
        file.Read(0, read).Should().Be(13);
        read[..13].Should().Equal(9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3);
        file.Read(13, read).Should().Be(0);
        file.Read(100, read).Should().Be(0);
        file.Length.Should().Be(13);
    }

    [Fact]
    public void SetLength_CutsAndGrowsWithZeros()
    {
        using IDisposable held = Storage.Lock();
        using IStorageFile file = Storage.Open("a.seg", StorageOpenMode.CreateNew);
        file.Write(0, [1, 2, 3, 4]);
        file.SetLength(2);
        file.SetLength(4);

        byte[] read = new byte[4];
        file.Read(0, read).Should().Be(4);
        read.Should().Equal(1, 2, 0, 0);
    }

    [Fact]
    public void Open_AgainstItsMode_IsRefused()
    {
        using IDisposable held = Storage.Lock();
        Storage.Invoking(storage => storage.Open("a.seg", StorageOpenMode.Read)).Should().Throw<IOException>();
        Storage.Invoking(storage => storage.Open("a.seg", StorageOpenMode.Write)).Should().Throw<IOException>();
        Storage.Open("a.seg", StorageOpenMode.CreateNew).Dispose();
        Storage.Invoking(storage => storage.Open("a.seg", StorageOpenMode.CreateNew)).Should().Throw<IOException>();
    }

    [Fact]
    public void Files_OutliveTheirHandles()
    {
        using IDisposable held = Storage.Lock();
        using (IStorageFile file = Storage.Open("a.seg", StorageOpenMode.CreateNew))
        {
            file.Write(0, [1]);
        }

        using IStorageFile again = Storage.Open("a.seg", StorageOpenMode.Read);
        byte[] read = new byte[1];
        again.Read(0, read).Should().Be(1);
        read[0].Should().Be(1);
    }

    [Fact]
    public void Lock_ExcludesASecondHolderUntilItIsReleased()
    {
        IDisposable held = Storage.Lock();
        Storage.Invoking(storage => storage.Lock()).Should().Throw<StorageLockedException>();
        held.Dispose();
        held.Dispose();

        Storage.Lock().Dispose();
    }
}

public sealed class MemoryStorageTests : StorageContract
{
    protected override IStorage Storage { get; } = new MemoryStorage();
}

public sealed class FileStorageTests : StorageContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public FileStorageTests() => Storage = new FileStorage(_directory.File("deep/er"));

    protected override IStorage Storage { get; }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Name_WithAFolder_IsRefused() =>
        Storage.Invoking(storage => storage.Open("../a", StorageOpenMode.Read)).Should().Throw<ArgumentException>();
}
