using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

// The same file once more, for large writes past the page cache: they go to the disk as they are, without a copy and without pages
// that nobody reads. The file system keeps both ways in agreement: it forgets what its cache has of these blocks.
internal sealed class DirectFile(string path) : IDisposable
{
    // Below this the page cache takes a write faster than the disk does.
    public const int SmallestWrite = 128 * 1024;

    // What file systems have: a write of anything but whole blocks would make them read first, and let no other write run beside it.
    public const int BlockBytes = 4096;
    private const int MemoryAlignment = 512;

    private SafeFileHandle? _handle;
    private bool _refused;

    // False when these whole blocks are to go through the page cache.
    public unsafe bool TryWrite(long offset, ReadOnlySpan<byte> blocks)
    {
        if (_refused || blocks.Length < SmallestWrite)
        {
            return false;
        }

        fixed (byte* start = blocks)
        {
            if (((nint)start & (MemoryAlignment - 1)) != 0)
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
                new DirectWrite(_handle!, offset, start, blocks.Length).Run();
                return true;
            }
            catch (IOException exception) when (LinuxFile.IsRefusal(exception))
            {
                // A disk that wants other sizes or places: all is written once more, the other way.
                _refused = true;
                return false;
            }
        }
    }

    public void Dispose() => _handle?.Dispose();
}
