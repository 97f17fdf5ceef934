namespace DataIntensive.Stores;

// Ranges of keys, and what the store was at older positions.
internal sealed partial class StoreState<TKey, TValue>
{
    private OrderedKeys<TKey>? _ordered;
    private long _keptFrom;

    public StoreOptions<TKey> Options
    {
        get;
        init
        {
            field = value;
            _ordered = value.KeyOrder is { } order ? new OrderedKeys<TKey>(order) : null;
        }
    } = new();

    public LogPosition KeptFrom => new(Volatile.Read(ref _keptFrom));

    public override void ReplayDone()
    {
        Volatile.Write(ref _keptFrom, Math.Max(_keptFrom, Database.Visible.Value - Options.KeptPositions));
        ArmSweep_NeedsSequencer();
    }

    public IComparer<TKey> OrderFor(in KeyRange<TKey> range)
    {
        IComparer<TKey> order = Options.KeyOrder
            ?? throw new InvalidOperationException($"The {this} has no order. Declare it with {nameof(StoreOptions<>)}.{nameof(Options.KeyOrder)}.");
        return !range.IsPrefix || ReferenceEquals(order, StringComparer.Ordinal)
            ? order
            : throw new InvalidOperationException($"A prefix is a range in ordinal order only, and the {this} has another: {nameof(StringComparer)}.{nameof(StringComparer.Ordinal)} is expected.");
    }

    // What is there of a range at a position, in order; with the largest position, the newest sequenced.
    public IEnumerable<KeyValuePair<TKey, StoreEntry<TValue>>> Within(KeyRange<TKey> range, long position)
    {
        OrderFor(range);
        foreach (TKey key in _ordered!.Within(range))
        {
            SlotCopy<StoreVersion<TValue>> version = ReadAt(key, position);
            if (version.Content.Exists)
            {
                yield return new KeyValuePair<TKey, StoreEntry<TValue>>(key, StoreVersion<TValue>.EntryOf(version));
            }
        }
    }

    public StorePage<TKey, TValue> ReadPage(KeyRange<TKey> range, int maxCount, LogPosition position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        List<KeyValuePair<TKey, StoreEntry<TValue>>> entries = [];
        foreach (KeyValuePair<TKey, StoreEntry<TValue>> entry in Within(range, position.Value))
        {
            if (entries.Count == maxCount)
            {
                return new StorePage<TKey, TValue>(entries, position, range.After(entries[^1].Key));
            }

            entries.Add(entry);
        }

        return new StorePage<TKey, TValue>(entries, position, Next: null);
    }

    // A key of the range that was written or deleted behind a position, and where. Deleted keys are still in the index, because the
    // one who asks has a snapshot open that may see them.
    public (TKey Key, LogPosition Position)? ChangeWithin_NeedsSequencer(in KeyRange<TKey> range, LogPosition behind)
    {
        if (NewestChange > behind)
        {
            foreach (TKey key in _ordered!.Within(range))
            {
                if (ReadNewest(key).Revision is var revision && revision > behind.Value)
                {
                    return (key, new LogPosition(revision));
                }
            }
        }

        return null;
    }

    // The versions of a position are cut off behind KeptFrom only after it was raised: what was read before it still stood there is good.
    public T ReadAsOf<TArgument, T>(LogPosition position, Func<StoreState<TKey, TValue>, LogPosition, TArgument, T> read, TArgument argument)
    {
        Database.ThrowIfDisposed();
        if (Options.KeptPositions == 0)
        {
            throw new InvalidOperationException($"The {this} keeps no older versions. Declare it with {nameof(StoreOptions<>)}.{nameof(Options.KeptPositions)}.");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Database.Visible);
        ThrowIfGone(position);
        T result = read(this, position, argument);
        ThrowIfGone(position);
        return result;
    }

    private void ThrowIfGone(LogPosition position)
    {
        if (position < KeptFrom)
        {
            throw new LogHistoryGoneException(position, KeptFrom);
        }
    }

    // The position behind which every version is still needed, of those that were current at it one each.
    private long OldestNeeded(long newest)
    {
        long oldest = Database.Snapshots.Oldest;
        if (Options.KeptPositions > 0)
        {
            long keptFrom = Math.Max(_keptFrom, newest - Options.KeptPositions);
            Volatile.Write(ref _keptFrom, keptFrom);
            oldest = Math.Min(oldest, keptFrom);
        }

        return oldest;
    }
}
