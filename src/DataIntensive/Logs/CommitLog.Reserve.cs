using DataIntensive.Storage;

namespace DataIntensive;

// A file of zeros that is given up when the disk is full, so that what frees space can still be written. It stays when the log is
// closed: a full disk is often met with a restart first.
public sealed partial class CommitLog
{
    internal const string ReserveFileName = "RESERVE";

    private readonly Lock _reserve = new();
    private bool _reserveIsWhole;

    // Space for a compacted segment, out of the reserve when there is no other.
    internal void PrepareForCompaction(IStorageFile file, long bytes)
    {
        try
        {
            file.SetLength(bytes);
        }
        catch (IOException exception) when (IsDiskFull(exception))
        {
            GiveUpReserve();
            file.SetLength(bytes);
        }
    }

    // Throws as a full disk when it cannot be taken.
    private void TakeReserve()
    {
        lock (_reserve)
        {
            if (_reserveIsWhole)
            {
                return;
            }

            bool exists = _storage.List().Contains(ReserveFileName);
            if (_options.ReserveBytes > 0)
            {
                FillReserve(exists);
            }
            else if (exists)
            {
                _storage.Delete(ReserveFileName);
            }

            _reserveIsWhole = true;
        }
    }

    private void FillReserve(bool exists)
    {
        using IStorageFile file = _storage.Open(ReserveFileName, exists ? StorageOpenMode.Write : StorageOpenMode.CreateNew);
        if (file.Length >= _options.ReserveBytes)
        {
            return;
        }

        try
        {
            file.SetLength(_options.ReserveBytes);
        }
        catch (IOException)
        {
            _storage.Delete(ReserveFileName);
            throw;
        }

        file.Flush();
        _storage.FlushNames();
    }

    private void GiveUpReserve()
    {
        lock (_reserve)
        {
            // At once for the next call that takes space; were the name to come back after a crash, so would the file.
            _storage.Delete(ReserveFileName);
            _reserveIsWhole = false;
        }
    }
}
