using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using DataIntensive.Internal;

namespace DataIntensive;

public readonly partial struct VectorClock
{
    /// <inheritdoc />
    public static VectorClock Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static VectorClock Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out VectorClock result)
            ? result
            : throw new FormatException($"'{s}' is no vector clock: replica:counter, with commas between and each replica once, is expected.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out VectorClock result)
    {
        // The empty text is a clock; no text is none.
        result = default;
        return s is not null && TryParse(s.AsSpan(), provider, out result);
    }

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out VectorClock result)
    {
        result = default;
        if (s.IsEmpty)
        {
            return true;
        }

        List<Dot> newest = [];
        foreach (Range entry in s.Split(','))
        {
            if (!Dot.TryParse(s[entry], provider, out Dot dot))
            {
                return false;
            }

            newest.Add(dot);
        }

        return TryMake([.. newest], out result);
    }

    /// <summary>Returns the text that <see cref="Parse(string, IFormatProvider?)"/> reads; equal clocks have equal texts.</summary>
    public override string ToString() => string.Join(',', _newest ?? []);

    // Varint number of entries; of each the replica (length, UTF-8) and the counter as varint.
    internal void WriteTo(IBufferWriter<byte> destination)
    {
        destination.WriteVarint((ulong)Count);
        foreach (Dot dot in Span)
        {
            destination.WriteString(dot.Replica.Value);
            destination.WriteVarint((ulong)dot.Counter);
        }
    }

    // The names are those met before, so that a million clocks read back share a few strings.
    internal static VectorClock ReadFrom(ref SpanReader reader, Dictionary<string, ReplicaId> names)
    {
        int count = checked((int)reader.ReadVarint());
        if (count > reader.Rest.Length)
        {
            throw new InvalidDataException($"A vector clock of {count} entries in {reader.Rest.Length} bytes.");
        }

        Dot[] newest = new Dot[count];
        for (int i = 0; i < count; i++)
        {
            newest[i] = ReadDotFrom(ref reader, names);
        }

        return TryMake(newest, out VectorClock clock) ? clock : throw new InvalidDataException("A vector clock names a replica twice.");
    }

    internal static Dot ReadDotFrom(ref SpanReader reader, Dictionary<string, ReplicaId> names)
    {
        string name = reader.ReadString();
        if (!names.TryGetValue(name, out ReplicaId replica))
        {
            names.Add(name, replica = new ReplicaId(name));
        }

        return new Dot(replica, checked((long)reader.ReadVarint()));
    }

    private static bool TryMake(Dot[] newest, out VectorClock clock)
    {
        Array.Sort(newest);
        clock = newest.Length == 0 ? default : new VectorClock(newest);
        for (int i = 1; i < newest.Length; i++)
        {
            if (newest[i].Replica == newest[i - 1].Replica)
            {
                clock = default;
                return false;
            }
        }

        return true;
    }
}
