using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DataIntensive;

/// <summary>
/// The identity of one write: the replica that took it, and which of that replica's writes it is. As text <c>replica:counter</c>.
/// Compared by replica, then by counter. The default names no write.
/// </summary>
public readonly record struct Dot : IComparable<Dot>, ISpanParsable<Dot>
{
    /// <summary>Names a write.</summary>
    /// <param name="replica">The replica that took it.</param>
    /// <param name="counter">1 for the replica's first write, without gaps from there.</param>
    /// <exception cref="ArgumentException">The replica is the default, or the counter below 1.</exception>
    public Dot(ReplicaId replica, long counter)
    {
        replica.ThrowIfDefault(nameof(replica));
        ArgumentOutOfRangeException.ThrowIfLessThan(counter, 1);
        Replica = replica;
        Counter = counter;
    }

    /// <summary>The replica that took the write.</summary>
    public ReplicaId Replica { get; }

    /// <summary>Which of the replica's writes it is, from 1; 0 for the default.</summary>
    public long Counter { get; }

    /// <summary>Compares by replica, then by counter; says nothing about causality.</summary>
    public static bool operator <(Dot left, Dot right) => left.CompareTo(right) < 0;

    /// <summary>Compares by replica, then by counter; says nothing about causality.</summary>
    public static bool operator >(Dot left, Dot right) => left.CompareTo(right) > 0;

    /// <summary>Compares by replica, then by counter; says nothing about causality.</summary>
    public static bool operator <=(Dot left, Dot right) => left.CompareTo(right) <= 0;

    /// <summary>Compares by replica, then by counter; says nothing about causality.</summary>
    public static bool operator >=(Dot left, Dot right) => left.CompareTo(right) >= 0;

    /// <inheritdoc />
    public static Dot Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static Dot Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out Dot result) ? result : throw new FormatException($"'{s}' names no write: replica:counter is expected.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Dot result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Dot result)
    {
        // The last colon: a replica may be called host:port.
        int colon = s.LastIndexOf(':');
        if (colon > 0
            && ReplicaId.TryParse(s[..colon], provider, out ReplicaId replica)
            && long.TryParse(s[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long counter)
            && counter >= 1)
        {
            result = new Dot(replica, counter);
            return true;
        }

        result = default;
        return false;
    }

    /// <inheritdoc />
    public int CompareTo(Dot other)
    {
        int byReplica = Replica.CompareTo(other.Replica);
        return byReplica != 0 ? byReplica : Counter.CompareTo(other.Counter);
    }

    /// <summary>Returns <c>replica:counter</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Replica}:{Counter}");
}
