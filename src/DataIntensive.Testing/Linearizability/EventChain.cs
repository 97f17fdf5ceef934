namespace DataIntensive.Testing;

// The events of a stream, newest first; streams share what they have in common.
internal sealed class EventChain : IEquatable<EventChain>
{
    public static readonly EventChain Empty = new(null, default, 0, 0);

    private readonly EventChain? _before;
    private readonly HistoryValue _event;
    private readonly ulong _hash;

    private EventChain(EventChain? before, HistoryValue added, long version, ulong hash)
    {
        _before = before;
        _event = added;
        Version = version;
        _hash = hash;
    }

    public long Version { get; }

    public EventChain Append(ReadOnlySpan<HistoryValue> events)
    {
        EventChain chain = this;
        foreach (HistoryValue added in events)
        {
            chain = new EventChain(chain, added, chain.Version + 1, (chain._hash * 0x9E37_79B9_7F4A_7C15) + (uint)added.GetHashCode() + 1);
        }

        return chain;
    }

    public bool IsFrom(long version, HistoryValue events)
    {
        if (events.Kind != HistoryValueKind.List || events.Items.Length != Math.Max(0, Version - version + 1))
        {
            return false;
        }

        EventChain chain = this;
        for (int i = events.Items.Length - 1; i >= 0; i--)
        {
            if (chain._event != events.Items[i])
            {
                return false;
            }

            chain = chain._before!;
        }

        return true;
    }

    // Whether appending can make a stream of this one that has these events from a version on.
    public bool IsBeginningOf(long version, HistoryValue events)
    {
        if (events.Kind != HistoryValueKind.List)
        {
            return false;
        }

        // Read from behind the end, nothing is said of what stands before.
        if (events.Items.IsEmpty)
        {
            return Version < version;
        }

        if (Version >= version + events.Items.Length)
        {
            return false;
        }

        for (EventChain chain = this; chain.Version >= version; chain = chain._before!)
        {
            if (chain._event != events.Items[(int)(chain.Version - version)])
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(EventChain? other)
    {
        if (other is null || other.Version != Version || other._hash != _hash)
        {
            return false;
        }

        EventChain mine = this;
        while (!ReferenceEquals(mine, other))
        {
            if (mine._event != other._event)
            {
                return false;
            }

            // Both have as many events, so both end in the one empty chain.
            mine = mine._before!;
            other = other._before!;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as EventChain);

    public override int GetHashCode() => (int)(_hash ^ (_hash >> 32));

    public override string ToString()
    {
        List<HistoryValue> events = [];
        for (EventChain chain = this; chain._before is not null; chain = chain._before)
        {
            events.Add(chain._event);
        }

        events.Reverse();
        return $"version {Version}: {HistoryValue.List(events.ToArray())}";
    }
}
