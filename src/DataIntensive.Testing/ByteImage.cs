namespace DataIntensive.Testing;

// The bytes of one file. Copies share the array until one of them writes: a test makes thousands of copies and changes few.
internal sealed class ByteImage
{
    private byte[] _bytes = [];
    private bool _shared;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public ByteImage Copy()
    {
        _shared = true;
        return new ByteImage { _bytes = _bytes, Length = Length, _shared = true };
    }

    public int Read(long offset, Span<byte> destination)
    {
        if (offset >= Length)
        {
            return 0;
        }

        int count = (int)Math.Min(destination.Length, Length - offset);
        _bytes.AsSpan((int)offset, count).CopyTo(destination);
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        int end = checked((int)(offset + source.Length));
        Own(end);
        source.CopyTo(_bytes.AsSpan((int)offset));
        Length = Math.Max(Length, end);
    }

    public void SetLength(long length)
    {
        int target = checked((int)length);
        Own(target);
        if (target < Length)
        {
            // What lies behind the end is zeros, always: growing again must not bring it back.
            _bytes.AsSpan(target, Length - target).Clear();
        }

        Length = target;
    }

    public void Replace(byte[] bytes) => (_bytes, Length, _shared) = (bytes, bytes.Length, false);

    private void Own(int capacity)
    {
        if (!_shared && capacity <= _bytes.Length)
        {
            return;
        }

        byte[] own = new byte[capacity <= _bytes.Length ? _bytes.Length : (int)Math.Min(Array.MaxLength, Math.Max(capacity, 2L * _bytes.Length))];
        Bytes.CopyTo(own);
        _bytes = own;
        _shared = false;
    }
}
