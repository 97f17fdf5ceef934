namespace DataIntensive.Streams;

/// <summary>Windows of one size, side by side. <see cref="Windows.Tumbling"/> makes them.</summary>
public sealed class TumblingWindows : WindowDefinition
{
    private readonly long _size;
    private readonly long _offset;

    internal TumblingWindows(TimeSpan size, TimeSpan offset)
    {
        _size = size.Ticks;
        _offset = FloorMod(offset.Ticks, _size);
    }

    /// <summary>How long each is.</summary>
    public TimeSpan Size => new(_size);

    /// <summary>How far the alignment is moved: from zero to below the size.</summary>
    public TimeSpan Offset => new(_offset);

    internal override string Shape => $"tumbling({_size},{_offset})";

    // timestamp - floorMod(timestamp - epoch - offset, size), with the offset taken off behind the modulus: before it, the
    // difference can leave 64 bits.
    internal long StartOf(long timestamp)
    {
        long into = FloorMod(timestamp - DateTimeOffset.UnixEpoch.Ticks, _size) - _offset;
        return timestamp - (into < 0 ? into + _size : into);
    }

    internal long EndOf(long start) => StreamTime.Add(start, _size);

    private static long FloorMod(long value, long modulus)
    {
        long remainder = value % modulus;
        return remainder < 0 ? remainder + modulus : remainder;
    }
}
