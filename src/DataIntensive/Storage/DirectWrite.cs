using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

// One write past the page cache, in parts, two of them under way at a time: a disk that has nothing in line idles between two writes.
// The calling thread does all parts itself when the pool has no thread for it.
internal sealed unsafe class DirectWrite(SafeFileHandle file, long offset, byte* start, int length) : IThreadPoolWorkItem
{
    private const int PartBytes = 1024 * 1024;

    private readonly object _gate = new();
    private int _next;
    private int _underWay;
    private Exception? _failure;

    // The memory must stay where it is until this returns; a helper that comes later finds no part and does not touch it.
    public void Run()
    {
        if (length > PartBytes)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        WriteParts();
        lock (_gate)
        {
            while (_underWay > 0)
            {
                Monitor.Wait(_gate);
            }
        }

        if (_failure is { } failure)
        {
            throw failure is IOException ? new IOException(failure.Message, failure.HResult) : failure;
        }
    }

    void IThreadPoolWorkItem.Execute() => WriteParts();

    private void WriteParts()
    {
        while (TryTake(out int at, out int count))
        {
            Exception? failure = null;
            try
            {
                RandomAccess.Write(file, new ReadOnlySpan<byte>(start + at, count), offset + at);
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            lock (_gate)
            {
                _failure ??= failure;
                _underWay--;
                Monitor.Pulse(_gate);
            }
        }
    }

    private bool TryTake(out int at, out int count)
    {
        lock (_gate)
        {
            at = _next;
            count = Math.Min(PartBytes, length - at);
            if (count <= 0 || _failure is not null)
            {
                return false;
            }

            _next += count;
            _underWay++;
            return true;
        }
    }
}
