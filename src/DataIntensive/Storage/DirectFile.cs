using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

// The same file once more, for large writes past the page cache: they go to the disk as they are, without a copy and without pages
// that nobody reads. The file system keeps both ways in agreement: it writes back and forgets what its cache has of these blocks.
internal sealed class DirectFile(string path) : IDisposable
{
    // Below this the page cache takes a write faster than the disk does.
    public const int SmallestWrite = 128 * 1024;
    private const int Alignment = 512;

    private SafeFileHandle? _handle;
    private bool _refused;

    // False, with nothing written that counts, when this write is to go through the page cache.
    public unsafe bool TryWrite(long offset, ReadOnlySpan<byte> source)
    {
        if (_refused || source.Length < SmallestWrite)
        {
            return false;
        }

        fixed (byte* start = source)
        {
            if ((((long)start | offset | (long)source.Length) & (Alignment - 1)) != 0)
            {
                return false;
            }

            _handle ??= LinuxFile.TryOpenDirect(path);
            _refused = _handle is null;
            if (_refused)
            {
                return false;
            }

            try
            {
                RandomAccess.Write(_handle!, source, offset);
                return true;
            }
            catch (IOException exception) when (LinuxFile.IsRefusal(exception))
            {
                // A disk with larger blocks, for example.
                _refused = true;
                return false;
            }
        }
    }

    public void Dispose() => _handle?.Dispose();
}
