using System.Buffers;
using DataIntensive.Internal;

namespace DataIntensive.Events;

// Where the events of an archived stream stand, in one or two bytes for each: each as its distance from the one before, as a varint.
internal sealed class ArchivedPositions
{
    private readonly byte[] _distances;

    private ArchivedPositions(byte[] distances, long count)
    {
        _distances = distances;
        Count = count;
        LogPositionList positions = Read();
        First = positions[0];
        Newest = positions[count - 1];
    }

    public long Count { get; }

    public LogPosition First { get; }

    public LogPosition Newest { get; }

    public long SizeBytes => _distances.Length;

    // Of the first so many, one or more.
    public static ArchivedPositions Of(LogPositionList positions, long count)
    {
        ArrayBufferWriter<byte> distances = new();
        positions.WriteDistances(distances, count);
        return new ArchivedPositions(distances.WrittenSpan.ToArray(), count);
    }

    public static ArchivedPositions Read(ref SpanReader reader)
    {
        long count = (long)reader.ReadVarint();
        return new ArchivedPositions(reader.ReadBytes().ToArray(), count);
    }

    public void WriteTo(IBufferWriter<byte> destination)
    {
        destination.WriteVarint((ulong)Count);
        destination.WriteBytes(_distances);
    }

    public LogPositionList Read()
    {
        LogPositionList positions = new();
        positions.AppendDistances(_distances, Count);
        return positions;
    }
}
