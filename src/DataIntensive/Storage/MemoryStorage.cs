namespace DataIntensive.Storage;

/// <summary>A folder in memory, for tests: it outlives the logs opened on it, and ends with the object.</summary>
public sealed class MemoryStorage : IStorage
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MemoryStorageFile> _files = new(StringComparer.Ordinal);
    private bool _locked;

    /// <inheritdoc />
    public string Location => "memory";

    /// <inheritdoc />
    public IReadOnlyList<string> List()
    {
        lock (_gate)
        {
            return [.. _files.Keys];
        }
    }

    /// <inheritdoc />
    public IStorageFile Open(string name, StorageOpenMode mode)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (_gate)
        {
            bool exists = _files.TryGetValue(name, out MemoryStorageFile? file);
            if (mode == StorageOpenMode.CreateNew)
            {
                if (exists)
                {
                    throw new IOException($"The file '{name}' exists already.");
                }

                return _files[name] = new MemoryStorageFile();
            }

            return exists ? file! : throw new FileNotFoundException($"There is no file '{name}'.", name);
        }
    }

    /// <inheritdoc />
    public void Delete(string name)
    {
        lock (_gate)
        {
            _files.Remove(name);
        }
    }

    /// <inheritdoc />
    public void FlushNames()
    {
    }

    /// <inheritdoc />
    public IDisposable Lock()
    {
        lock (_gate)
        {
            if (_locked)
            {
                throw new StorageLockedException(Location, "this process");
            }

            _locked = true;
            return new HeldLock(this);
        }
    }

    /// <summary>Nothing to release: the files stay as long as this object does.</summary>
    public void Dispose()
    {
    }

    private sealed class HeldLock(MemoryStorage owner) : IDisposable
    {
        private MemoryStorage? _owner = owner;

        public void Dispose()
        {
            MemoryStorage? held = Interlocked.Exchange(ref _owner, null);
            if (held is not null)
            {
                lock (held._gate)
                {
                    held._locked = false;
                }
            }
        }
    }
}
