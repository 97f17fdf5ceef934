namespace DataIntensive.Storage;

internal sealed class MemoryStorageFile : IStorageFile
{
    private readonly Lock _gate = new();
    private byte[] _bytes = [];
    private int _length;

    public long Length
    {
        get
        {
            lock (_gate)
            {
                return _length;
            }
        }
    }

    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (_gate)
        {
            if (offset >= _length)
            {
                return 0;
            }

            int count = (int)Math.Min(destination.Length, _length - offset);
            _bytes.AsSpan((int)offset, count).CopyTo(destination);
            return count;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (_gate)
        {
            int end = checked((int)(offset + source.Length));
            Grow(end);
            source.CopyTo(_bytes.AsSpan((int)offset));
            _length = Math.Max(_length, end);
        }
    }

    public void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        lock (_gate)
        {
            int target = checked((int)length);
            Grow(target);
            if (target < _length)
            {
                _bytes.AsSpan(target, _length - target).Clear();
            }

            _length = target;
        }
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }

    private void Grow(int length)
    {
        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(length, (int)Math.Min(Array.MaxLength, 2L * _bytes.Length)));
        }
    }
}
