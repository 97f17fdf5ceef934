using DataIntensive.Storage;

namespace DataIntensive.Testing;

// One open handle. The file outlives it, and outlives its own deletion while the handle is open.
internal sealed class FaultyFile(FaultyStorage storage, FaultyFileState file, bool readOnly) : IStorageFile
{
    private bool _disposed;

    public long Length
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return storage.LengthOf(file);
        }
    }

    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return storage.Read(file, offset, destination);
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ThrowUnlessWritable();
        storage.Write(file, offset, source);
    }

    public void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ThrowUnlessWritable();
        storage.SetLength(file, length);
    }

    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        storage.Flush(file);
    }

    public void Dispose() => _disposed = true;

    private void ThrowUnlessWritable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (readOnly)
        {
            throw new UnauthorizedAccessException($"The file '{file.Name}' was opened for reading.");
        }
    }
}
