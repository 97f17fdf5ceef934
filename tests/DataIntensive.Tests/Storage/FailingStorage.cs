using DataIntensive.Storage;

namespace DataIntensive.Tests.Storage;

/// <summary>Hands everything on, and fails a chosen write or flush, once.</summary>
public sealed class FailingStorage(IStorage inner) : IStorage
{
    private int _writes;
    private int _flushes;
    private int _reads;

    /// <summary>The write that fails, counted from 1; 0 for none.</summary>
    public int FailWrite { get; set; }

    /// <summary>The flush that fails, counted from 1; 0 for none.</summary>
    public int FailFlush { get; set; }

    /// <summary>How many bytes files may still grow by; growing further meets a full disk.</summary>
    public long SpaceLeft { get; set; } = long.MaxValue;

    /// <summary>Whether flushes are counted only, and not handed on: a disk that takes no time.</summary>
    public bool SkipFlushes { get; set; }

    /// <summary>How often it failed.</summary>
    public int Failures { get; private set; }

    /// <summary>How many files are open.</summary>
    public int OpenFiles { get; private set; }

    /// <summary>How many flushes there were.</summary>
    public int Flushes => _flushes;

    /// <summary>How many reads of files there were.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>When set, is called before every read of a file.</summary>
    public Action? BeforeRead { get; set; }

    /// <summary>When set, flushes wait here: a slow disk.</summary>
    public ManualResetEventSlim? HoldFlushes { get; set; }

    /// <summary>The file of the last flush that came to wait there.</summary>
    public string? HeldFlush { get; private set; }

    /// <summary>When set, is told what comes next: "list", or the name of a file that is opened.</summary>
    public Action<string>? Before { get; set; }

    public string Location => inner.Location;

    public void CountFromHere() => (_writes, _flushes) = (0, 0);

    public IReadOnlyList<string> List()
    {
        Before?.Invoke("list");
        return inner.List();
    }

    public IStorageFile Open(string name, StorageOpenMode mode)
    {
        Before?.Invoke(name);
        FailingFile file = new(this, name, inner.Open(name, mode));
        OpenFiles++;
        return file;
    }

    public void Delete(string name) => inner.Delete(name);

    public void FlushNames() => inner.FlushNames();

    public IDisposable Lock() => inner.Lock();

    public void Dispose() => inner.Dispose();

    private void Count(ref int counter, int failAt)
    {
        if (++counter == failAt)
        {
            Failures++;
            throw new IOException("The disk failed, as the test asked.");
        }
    }

    private sealed class FailingFile(FailingStorage owner, string name, IStorageFile file) : IStorageFile
    {
        public long Length => file.Length;

        public int Read(long offset, Span<byte> destination)
        {
            Interlocked.Increment(ref owner._reads);
            owner.BeforeRead?.Invoke();
            return file.Read(offset, destination);
        }

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            owner.Count(ref owner._writes, owner.FailWrite);
            file.Write(offset, source);
        }

        public void SetLength(long length)
        {
            long more = length - file.Length;
            if (more > owner.SpaceLeft)
            {
                owner.Failures++;
                throw new IOException("No space left on device", OperatingSystem.IsWindows() ? 112 : 28);
            }

            owner.SpaceLeft -= owner.SpaceLeft == long.MaxValue ? 0 : more;
            file.SetLength(length);
        }

        public void Flush()
        {
            if (owner.HoldFlushes is { IsSet: false } hold)
            {
                owner.HeldFlush = name;
                hold.Wait();
            }

            owner.Count(ref owner._flushes, owner.FailFlush);
            if (!owner.SkipFlushes)
            {
                file.Flush();
            }
        }

        public void Dispose()
        {
            owner.OpenFiles--;
            file.Dispose();
        }
    }
}
