namespace DataIntensive.Transactions;

// The positions at which transactions are reading, so that what they may still need is kept.
internal sealed class SnapshotSet
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, int> _open = [];
    private long _oldest = long.MaxValue;

    // What is older than the newest version at or before this may go; MaxValue when nobody reads a snapshot.
    public long Oldest => Volatile.Read(ref _oldest);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                int count = 0;
                foreach (int readers in _open.Values)
                {
                    count += readers;
                }

                return count;
            }
        }
    }

    // Registers first and looks again afterwards: a publisher that advances the visible position and then finds no snapshot
    // drops old versions, and must not drop what this reader is about to need.
    public LogPosition Open(ref long visible)
    {
        lock (_gate)
        {
            while (true)
            {
                long position = Volatile.Read(ref visible);
                _open[position] = _open.GetValueOrDefault(position) + 1;
                Interlocked.Exchange(ref _oldest, _open.First().Key);
                if (Volatile.Read(ref visible) == position)
                {
                    return new LogPosition(position);
                }

                Remove_NeedsLock(position);
            }
        }
    }

    public void Close(LogPosition position)
    {
        lock (_gate)
        {
            Remove_NeedsLock(position.Value);
        }
    }

    private void Remove_NeedsLock(long position)
    {
        if (--_open[position] == 0)
        {
            _open.Remove(position);
        }

        Interlocked.Exchange(ref _oldest, _open.Count == 0 ? long.MaxValue : _open.First().Key);
    }
}
