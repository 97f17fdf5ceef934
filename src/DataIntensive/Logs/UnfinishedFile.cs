using DataIntensive.Storage;

namespace DataIntensive.Logs;

// A new file that is deleted again unless it is kept.
internal sealed class UnfinishedFile : IDisposable
{
    private readonly IStorage _storage;
    private readonly string _name;
    private bool _isKept;

    public UnfinishedFile(IStorage storage, string name)
    {
        _storage = storage;
        _name = name;
        storage.Delete(name);
        File = storage.Open(name, StorageOpenMode.CreateNew);
    }

    public IStorageFile File { get; }

    public void Keep() => _isKept = true;

    public void Dispose()
    {
        if (_isKept)
        {
            return;
        }

        File.Dispose();
        try
        {
            _storage.Delete(_name);
        }
        catch (IOException)
        {
            // It counts for nothing; the next opening removes it.
        }
    }
}
