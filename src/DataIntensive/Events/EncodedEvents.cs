using System.Buffers;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// The events of one append, encoded all before any of them is written: a sequence or a serializer that throws leaves nothing behind,
// and the sequencer is not held up by either.
internal sealed class EncodedEvents
{
    private readonly ArrayBufferWriter<byte> _bodies = new();
    private readonly List<int> _ends = [];

    private EncodedEvents(StreamId stream) => Stream = stream;

    public StreamId Stream { get; }

    public int Count => _ends.Count;

    public static EncodedEvents Of(EventTypes types, StreamId stream, IEnumerable<object> events)
    {
        stream.ThrowIfDefault(nameof(stream));
        ArgumentNullException.ThrowIfNull(events);
        EncodedEvents encoded = new(stream);
        foreach (object data in events)
        {
            encoded.Add(types, data);
        }

        return encoded;
    }

    public static EncodedEvents Of(EventTypes types, StreamId stream, ReadOnlySpan<object> events)
    {
        stream.ThrowIfDefault(nameof(stream));
        EncodedEvents encoded = new(stream);
        foreach (object data in events)
        {
            encoded.Add(types, data);
        }

        return encoded;
    }

    // Returns the record's index in the batch, and where its head stands.
    public (int Record, int Mark) WriteTo(LogBatch batch, uint tag, int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        batch.BeginRecord(tag);
        int mark = batch.MarkHere();
        batch.Write(_bodies.WrittenSpan[start.._ends[index]]);
        return (batch.EndRecord(), mark);
    }

    private void Add(EventTypes types, object data)
    {
        EventRecord.Write(_bodies, Stream, types.Of(data), data);
        _ends.Add(_bodies.WrittenCount);
    }
}
