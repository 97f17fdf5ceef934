using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

internal sealed class FileStorageFile(SafeFileHandle handle) : IStorageFile
{
    public long Length => RandomAccess.GetLength(handle);

    public int Read(long offset, Span<byte> destination)
    {
        // One call may return less than asked for in the middle of a file (a signal, a boundary of the file system).
        int total = 0;
        while (total < destination.Length)
        {
            int read = RandomAccess.Read(handle, destination[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    public void Write(long offset, ReadOnlySpan<byte> source) => RandomAccess.Write(handle, source, offset);

    public void SetLength(long length)
    {
        long before = Length;
        if (length <= before || !OperatingSystem.IsLinux() || !LinuxFile.TryAllocate(handle, before, length - before))
        {
            RandomAccess.SetLength(handle, length);
        }
    }

    public void Flush() => RandomAccess.FlushToDisk(handle);

    public void Dispose() => handle.Dispose();
}
