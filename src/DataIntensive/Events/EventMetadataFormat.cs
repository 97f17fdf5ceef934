using System.Buffers;
using System.Text;
using DataIntensive.Internal;

namespace DataIntensive.Events;

// What stands beside an event: varint length, then u8 which (1 correlation, 2 causation, 4 trace parent, 8 headers), then those that are
// there in this order: varint length, UTF-8; the headers as a varint count and then name and value of each.
internal static class EventMetadataFormat
{
    [Flags]
    private enum Which : byte
    {
        Correlation = 1,
        Causation = 2,
        TraceParent = 4,
        Headers = 8,
    }

    public static void Write(IBufferWriter<byte> destination, EventMetadata metadata)
    {
        destination.WriteVarint((ulong)(1 + Length(metadata.CorrelationId) + Length(metadata.CausationId) + Length(metadata.TraceParent) + Length(metadata.Headers)));
        destination.WriteByte((byte)(
            (metadata.CorrelationId is null ? 0 : Which.Correlation)
            | (metadata.CausationId is null ? 0 : Which.Causation)
            | (metadata.TraceParent is null ? 0 : Which.TraceParent)
            | (metadata.Headers.Count == 0 ? 0 : Which.Headers)));
        foreach (string? value in (ReadOnlySpan<string?>)[metadata.CorrelationId, metadata.CausationId, metadata.TraceParent])
        {
            if (value is not null)
            {
                destination.WriteString(value);
            }
        }

        if (metadata.Headers.Count > 0)
        {
            destination.WriteVarint((ulong)metadata.Headers.Count);
            foreach ((string name, string value) in metadata.Headers)
            {
                destination.WriteString(name);
                destination.WriteString(value);
            }
        }
    }

    public static EventMetadata Read(ReadOnlySpan<byte> source)
    {
        SpanReader reader = new(source);
        Which which = (Which)reader.ReadByte();
        string? correlation = (which & Which.Correlation) != 0 ? reader.ReadString() : null;
        string? causation = (which & Which.Causation) != 0 ? reader.ReadString() : null;
        string? traceParent = (which & Which.TraceParent) != 0 ? reader.ReadString() : null;
        if ((which & Which.Headers) == 0)
        {
            return new EventMetadata { CorrelationId = correlation, CausationId = causation, TraceParent = traceParent };
        }

        int count = (int)reader.ReadVarint();
        Dictionary<string, string> headers = new(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            headers[name] = reader.ReadString();
        }

        return new EventMetadata { CorrelationId = correlation, CausationId = causation, TraceParent = traceParent, Headers = headers };
    }

    private static int Length(IReadOnlyDictionary<string, string> headers)
    {
        if (headers.Count == 0)
        {
            return 0;
        }

        int length = VarintLength(headers.Count);
        foreach ((string name, string value) in headers)
        {
            length += Length(name) + Length(value);
        }

        return length;
    }

    private static int Length(string? value)
    {
        if (value is null)
        {
            return 0;
        }

        int bytes = Encoding.UTF8.GetByteCount(value);
        return VarintLength(bytes) + bytes;
    }

    private static int VarintLength(int value)
    {
        int length = 1;
        while ((value >>= 7) != 0)
        {
            length++;
        }

        return length;
    }
}
