using DataIntensive.Storage;

namespace DataIntensive.Testing;

/// <summary>
/// A folder in memory that fails as disks do, for tests of everything that stands on <see cref="IStorage"/>: it crashes at a chosen
/// operation, loses and tears what was not flushed, fails writes and flushes, fills up, and rots. The same seed and the same calls
/// give the same faults.
/// </summary>
/// <example>
/// <code>
/// FaultyStorage disk = new(new FaultyStorageOptions { Seed = 7, CrashAtOperation = 12 });
/// // … run against it until SimulatedCrashException …
/// FaultyStorage after = disk.AfterCrash(CrashKind.PowerCut);
/// // … reopen on it, and look whether everything acknowledged is there.
/// </code>
/// </example>
/// <remarks>
/// <para><b>Guarantee.</b> What was flushed stays, unless the test damages it; without options it is a perfect disk.</para>
/// <para><b>Order.</b> Unflushed changes reach the disk in any order, each sector of 512 bytes by itself.</para>
/// <para><b>After a crash.</b> Every call but disposing throws <see cref="SimulatedCrashException"/>. <see cref="AfterCrash"/> gives
/// a new storage with what is left, as often as it is asked.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. Which operation is the n-th is then up to the threads.</para>
/// <para><b>Cost.</b> All in memory. Storages made from one another share the bytes that none of them has changed.</para>
/// <para><b>Not guaranteed.</b> That a disk does nothing worse.</para>
/// </remarks>
public sealed partial class FaultyStorage : IStorage
{
    private const int InputOutputError = 5;

    private readonly Lock _gate = new();
    private readonly FaultyStorageOptions _options;
    private readonly NameTable _names;
    private readonly PowerCutReport _cut;

    // Only for its lock: one holder at a time, by the port's own exception.
    private readonly MemoryStorage _holder = new();
    private long _operations;
    private long _writes;
    private long _flushes;
    private long _nameFlushes;
    private long _creations;
    private long _deletions;
    private long _lengthChanges;
    private int _failedWrites;
    private int _failedFlushes;
    private int _refusedForSpace;
    private int _damages;
    private bool _failNextWrite;
    private bool _failNextFlush;
    private long? _capacityBytes;
    private SimulatedCrashException? _crash;

    /// <summary>Makes an empty folder.</summary>
    /// <param name="options">Its faults; null for none.</param>
    public FaultyStorage(FaultyStorageOptions? options = null)
        : this(options ?? new FaultyStorageOptions(), new NameTable(), default)
    {
    }

    private FaultyStorage(FaultyStorageOptions options, NameTable names, PowerCutReport cut)
    {
        _options = options;
        _names = names;
        _cut = cut;
        _capacityBytes = options.CapacityBytes;
    }

    /// <inheritdoc />
    public string Location => "memory";

    /// <summary>How much it holds, in bytes; null for no limit. Set it to give space back, or to take it away.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long? CapacityBytes
    {
        get
        {
            lock (_gate)
            {
                return _capacityBytes;
            }
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(value));
            lock (_gate)
            {
                _capacityBytes = value;
            }
        }
    }

    /// <summary>How much of the capacity is used, in bytes: the sectors of 512 that were written or prepared, of the files that exist.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate)
            {
                return _names.Files.Sum(file => file.UsedBytes);
            }
        }
    }

    /// <summary>What was asked and what was injected until now.</summary>
    public FaultyStorageReport Report
    {
        get
        {
            lock (_gate)
            {
                return new FaultyStorageReport(
                    _options.Seed, _operations, _writes, _flushes, _nameFlushes, _creations, _deletions, _lengthChanges,
                    _crash?.Operation, _failedWrites, _failedFlushes, _refusedForSpace, _damages, _cut);
            }
        }
    }

    /// <summary>Lets the next write fail, as <see cref="FaultyStorageOptions.FailWriteAt"/> does.</summary>
    public void FailNextWrite()
    {
        lock (_gate)
        {
            _failNextWrite = true;
        }
    }

    /// <summary>Lets the next flush of a file fail, as <see cref="FaultyStorageOptions.FailFlushAt"/> does.</summary>
    public void FailNextFlush()
    {
        lock (_gate)
        {
            _failNextFlush = true;
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<string> List()
    {
        lock (_gate)
        {
            ThrowIfCrashed_NeedsLock();
            return [.. _names.Names];
        }
    }

    /// <inheritdoc />
    public IStorageFile Open(string name, StorageOpenMode mode)
    {
        ThrowUnlessPlain(name);
        lock (_gate)
        {
            ThrowIfCrashed_NeedsLock();
            FaultyFileState? file = _names.Find(name);
            return mode switch
            {
                StorageOpenMode.CreateNew => file is null ? new FaultyFile(this, Create_NeedsLock(name), readOnly: false) : throw new IOException($"The file '{name}' exists already."),
                StorageOpenMode.Read or StorageOpenMode.Write => file is not null ? new FaultyFile(this, file, mode == StorageOpenMode.Read) : throw new FileNotFoundException($"There is no file '{name}'.", name),
                _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
            };
        }
    }

    /// <inheritdoc />
    public void Delete(string name)
    {
        ThrowUnlessPlain(name);
        lock (_gate)
        {
            bool crashes = Count_NeedsLock(ref _deletions);
            if (_names.Find(name) is not null && (!crashes || Choices_NeedsLock().Coin()))
            {
                _names.Set(name, null);
            }

            ThrowIfDue_NeedsLock(crashes, "deleting", name);
        }
    }

    /// <inheritdoc />
    public void FlushNames()
    {
        lock (_gate)
        {
            bool crashes = Count_NeedsLock(ref _nameFlushes);
            ThrowIfDue_NeedsLock(crashes, "flushing the names of", Location);
            _names.Flush();
        }
    }

    /// <inheritdoc />
    public IDisposable Lock()
    {
        lock (_gate)
        {
            ThrowIfCrashed_NeedsLock();
            return _holder.Lock();
        }
    }

    /// <summary>Nothing to release: the files stay as long as this object does.</summary>
    public void Dispose()
    {
    }

    /// <summary>Returns the seed and what happened.</summary>
    public override string ToString() => $"{nameof(FaultyStorage)}: {Report}";

    private static void ThrowUnlessPlain(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.AsSpan().IndexOfAny('/', '\\') >= 0)
        {
            throw new ArgumentException($"'{name}' is not a plain file name.", nameof(name));
        }
    }

    private FaultyFileState Create_NeedsLock(string name)
    {
        bool crashes = Count_NeedsLock(ref _creations);
        FaultyFileState file = new(name);
        if (!crashes || Choices_NeedsLock().Coin())
        {
            _names.Set(name, file);
        }

        ThrowIfDue_NeedsLock(crashes, "creating", name);
        return file;
    }
}
