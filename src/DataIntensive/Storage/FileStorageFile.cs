using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

internal sealed class FileStorageFile(SafeFileHandle handle, DirectFile? direct = null, bool fillsAhead = false) : IStorageFile
{
    // A disk converts space that was only allocated, block by block, when it is first written, and notes that in its journal: an fsync
    // costs about twice as much then. So small writes put zeros ahead of them, which many later ones find converted.
    private const int LargestFilledWrite = 128 * 1024;
    private const int SmallestFill = 64 * 1024;
    private const int LargestFill = 1024 * 1024;

    private static readonly byte[] Zeros = GC.AllocateArray<byte>(LargestFill, pinned: true);

    // Between these two this file was allocated and nothing was ever written.
    private long _untouchedStart;
    private long _untouchedEnd;

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

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        // The ends of what is not a whole block share their blocks with others, so they stay in the page cache.
        int head = Math.Min(source.Length, (int)(-offset & (DirectFile.BlockBytes - 1)));
        int blocks = (source.Length - head) & ~(DirectFile.BlockBytes - 1);
        if (direct is null || !direct.TryWrite(offset + head, source.Slice(head, blocks)))
        {
            head = source.Length;
            blocks = 0;
        }

        WriteCached(offset, source[..head]);
        WriteCached(offset + head + blocks, source[(head + blocks)..]);
        if (direct is null && source.Length >= LargestFilledWrite && OperatingSystem.IsLinux())
        {
            // The disk works while the next frame is filled, instead of when somebody waits for the fsync.
            LinuxFile.StartWriteBack(handle, offset, source.Length);
        }

        long end = offset + source.Length;
        if (end > _untouchedStart && _untouchedStart < _untouchedEnd)
        {
            _untouchedStart = end;
            FillAhead(source.Length);
        }
    }

    public void SetLength(long length)
    {
        long before = Length;
        if (length > before && OperatingSystem.IsLinux())
        {
            Take(before, length);
            return;
        }

        // NTFS takes the space of a longer file by itself; APFS writes every block to a new place, so nothing can be taken there.
        RandomAccess.SetLength(handle, length);
        _untouchedEnd = Math.Min(_untouchedEnd, length);
    }

    public void Flush() => RandomAccess.FlushToDisk(handle);

    public void Dispose()
    {
        handle.Dispose();
        direct?.Dispose();
    }

    private void Take(long before, long length)
    {
        if (!LinuxFile.TryAllocate(handle, before, length - before))
        {
            TakeByWriting(before, length);
        }
        else if (fillsAhead)
        {
            _untouchedStart = _untouchedEnd == before ? _untouchedStart : before;
            _untouchedEnd = length;
        }
    }

    // Where a file system has no other way to take space, a file that is only made longer would meet a full disk when it is written.
    private void TakeByWriting(long before, long length)
    {
        try
        {
            for (long at = before; at < length; at += Zeros.Length)
            {
                RandomAccess.Write(handle, Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, length - at)), at);
            }
        }
        catch (IOException)
        {
            RandomAccess.SetLength(handle, before);
            throw;
        }
    }

    private void WriteCached(long offset, ReadOnlySpan<byte> source)
    {
        if (source.Length > 0)
        {
            RandomAccess.Write(handle, source, offset);
        }
    }

    // The space is there, so this meets no full disk. It reads as zeros before and after.
    private void FillAhead(int written)
    {
        // As much as was written so far, within limits: a short file is not made to pay for a long one.
        long count = Math.Min(Math.Clamp(_untouchedStart, SmallestFill, LargestFill), _untouchedEnd - _untouchedStart);
        if (count > 0 && written < LargestFilledWrite)
        {
            RandomAccess.Write(handle, Zeros.AsSpan(0, (int)count), _untouchedStart);
            _untouchedStart += count;
        }
    }
}
