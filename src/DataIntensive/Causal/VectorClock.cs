using System.Diagnostics.CodeAnalysis;

namespace DataIntensive;

/// <summary>
/// Which writes somebody has seen: of each replica all up to a counter. Immutable, compared by content. As text
/// <c>a:3,b:1</c>, ordered ordinally by replica; the empty clock is the empty text. The default is <see cref="Empty"/>.
/// </summary>
/// <remarks>
/// It is what a client carries from one operation to the next, also as text in a header or a cookie. It says "all up to", so merging
/// clocks or taking the clock of a write may name earlier writes of the same replicas that the client has not read itself.
/// </remarks>
public readonly partial struct VectorClock : IEquatable<VectorClock>, ISpanParsable<VectorClock>
{
    // Sorted by replica, each replica once; null when empty. The newest write of each replica.
    private readonly Dot[]? _newest;

    private VectorClock(Dot[] newest) => _newest = newest;

    /// <summary>The clock that has seen nothing.</summary>
    public static VectorClock Empty => default;

    /// <summary>How many replicas it has seen writes of.</summary>
    public int Count => _newest?.Length ?? 0;

    /// <summary>The newest write of each replica, ordered ordinally by replica.</summary>
    public IReadOnlyList<Dot> Newest => Array.AsReadOnly(_newest ?? []);

    internal ReadOnlySpan<Dot> Span => _newest;

    /// <summary>The counter of the newest write of a replica; 0 when none was seen.</summary>
    public long this[ReplicaId replica]
    {
        get
        {
            int index = IndexOf(replica);
            return index < 0 ? 0 : _newest![index].Counter;
        }
    }

    /// <summary>Compares by content.</summary>
    public static bool operator ==(VectorClock left, VectorClock right) => left.Equals(right);

    /// <summary>Compares by content.</summary>
    public static bool operator !=(VectorClock left, VectorClock right) => !left.Equals(right);

    /// <summary>Returns the clock that has seen one more write of a replica.</summary>
    /// <exception cref="ArgumentException">The replica is the default.</exception>
    /// <exception cref="OverflowException">The replica has no further counter.</exception>
    public VectorClock Increment(ReplicaId replica) => With(new Dot(replica, checked(this[replica] + 1)));

    /// <summary>Returns the clock that has seen what either has seen.</summary>
    public VectorClock Merge(VectorClock other)
    {
        switch (Compare(other))
        {
            case CausalOrder.Equal or CausalOrder.After:
                return this;
            case CausalOrder.Before:
                return other;
        }

        ReadOnlySpan<Dot> left = Span;
        ReadOnlySpan<Dot> right = other.Span;
        List<Dot> merged = new(left.Length + right.Length);
        while (!left.IsEmpty || !right.IsEmpty)
        {
            int order = OrderOfFirst(left, right);
            merged.Add(order < 0 ? left[0] : order > 0 ? right[0] : left[0].Counter > right[0].Counter ? left[0] : right[0]);
            left = order <= 0 ? left[1..] : left;
            right = order >= 0 ? right[1..] : right;
        }

        return new VectorClock([.. merged]);
    }

    /// <summary>Says how this clock stands to another.</summary>
    public CausalOrder Compare(VectorClock other)
    {
        bool less = false;
        bool more = false;
        ReadOnlySpan<Dot> left = Span;
        ReadOnlySpan<Dot> right = other.Span;
        while (!left.IsEmpty || !right.IsEmpty)
        {
            int order = OrderOfFirst(left, right);
            more |= order < 0 || (order == 0 && left[0].Counter > right[0].Counter);
            less |= order > 0 || (order == 0 && left[0].Counter < right[0].Counter);
            left = order <= 0 ? left[1..] : left;
            right = order >= 0 ? right[1..] : right;
        }

        return (less, more) switch
        {
            (false, false) => CausalOrder.Equal,
            (true, false) => CausalOrder.Before,
            (false, true) => CausalOrder.After,
            _ => CausalOrder.Concurrent,
        };
    }

    /// <summary>Whether it has seen a write.</summary>
    public bool Contains(Dot dot) => dot.Counter <= this[dot.Replica];

    /// <summary>Whether it has seen all that another has seen: it is equal to it or after it.</summary>
    public bool Dominates(VectorClock other) => FirstMissing(other) is null;

    /// <inheritdoc />
    public bool Equals(VectorClock other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc />
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is VectorClock other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        int hash = 17;
        foreach (Dot dot in Span)
        {
            hash = unchecked((hash * 31) + dot.GetHashCode());
        }

        return hash;
    }

    // The clock that has also seen this write, and with it all earlier ones of its replica.
    internal VectorClock With(Dot dot)
    {
        int index = IndexOf(dot.Replica);
        if (index >= 0 && _newest![index].Counter >= dot.Counter)
        {
            return this;
        }

        ReadOnlySpan<Dot> newest = Span;
        return index >= 0
            ? new VectorClock([.. newest[..index], dot, .. newest[(index + 1)..]])
            : new VectorClock([.. newest[..~index], dot, .. newest[~index..]]);
    }

    // The first of the required writes that was not seen; null when all were.
    internal Dot? FirstMissing(VectorClock required)
    {
        foreach (Dot dot in required.Span)
        {
            if (!Contains(dot))
            {
                return dot;
            }
        }

        return null;
    }

    // Below 0: the left side has an entry that the right side lacks; above 0: the other way round; 0: both begin with one replica.
    private static int OrderOfFirst(ReadOnlySpan<Dot> left, ReadOnlySpan<Dot> right) =>
        left.IsEmpty ? 1 : right.IsEmpty ? -1 : left[0].Replica.CompareTo(right[0].Replica);

    // The complement of the place where it belongs when the replica is not there.
    private int IndexOf(ReplicaId replica)
    {
        ReadOnlySpan<Dot> newest = Span;
        int low = 0;
        int high = newest.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = newest[middle].Replica.CompareTo(replica);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }
}
