namespace DataIntensive.Transactions;

// The positions at which transactions are reading, so that what they may still need is kept, for as long as a snapshot may be old.
internal sealed class SnapshotSet(TimeProvider time, TimeSpan maxAge) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<OpenSnapshot> _open = [];
    private long _oldest = long.MaxValue;
    private ITimer? _timer;
    private bool _armed;
    private bool _disposed;

    // What is older than the newest version at or before this may go; MaxValue when nobody reads a snapshot.
    public long Oldest => Volatile.Read(ref _oldest);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    public TimeSpan MaxAge => maxAge;

    // Told, without a lock, after the oldest was closed: what it needed may go. Cheap, as most snapshots are the only one.
    public Action? Advanced { get; set; }

    // How long the oldest has been open; zero when none is.
    public TimeSpan OldestAge
    {
        get
        {
            lock (_gate)
            {
                return _open.First is { } first ? time.GetElapsedTime(first.Value.OpenedAt) : TimeSpan.Zero;
            }
        }
    }

    // Registers first and looks again afterwards: a publisher that advances the visible position and then finds no snapshot
    // drops old versions, and must not drop what this reader is about to need.
    public OpenSnapshot Open(ref long visible, bool expires = true)
    {
        OpenSnapshot snapshot = new() { OpenedAt = time.GetTimestamp(), Expires = expires };
        lock (_gate)
        {
            snapshot.Node = _open.AddLast(snapshot);
            long position;
            do
            {
                position = Volatile.Read(ref visible);
                snapshot.Position = new LogPosition(position);
                Interlocked.Exchange(ref _oldest, _open.First!.Value.Position.Value);
            }
            while (Volatile.Read(ref visible) != position);
            Arm_NeedsLock(maxAge);
        }

        return snapshot;
    }

    public void Close(OpenSnapshot snapshot)
    {
        long before = Oldest;
        lock (_gate)
        {
            Remove_NeedsLock(snapshot);
        }

        TellWhenAdvanced(before);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
        }
    }

    // One timer, set at most once per age however many snapshots come and go.
    private void Arm_NeedsLock(TimeSpan due)
    {
        if (_armed || _disposed || maxAge == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        _armed = true;
        _timer ??= time.CreateTimer(static set => ((SnapshotSet)set!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        long before = Oldest;
        Expire();
        TellWhenAdvanced(before);
    }

    // By any of those that close at the same time.
    private void TellWhenAdvanced(long before)
    {
        if (Oldest > before)
        {
            Advanced?.Invoke();
        }
    }

    private void Expire()
    {
        lock (_gate)
        {
            _armed = false;
            LinkedListNode<OpenSnapshot>? node = _open.First;
            while (node is not null)
            {
                OpenSnapshot snapshot = node.Value;
                node = node.Next;
                if (!snapshot.Expires)
                {
                    continue;
                }

                TimeSpan left = maxAge - time.GetElapsedTime(snapshot.OpenedAt);
                if (left > TimeSpan.Zero)
                {
                    // A timer counts in whole milliseconds.
                    Arm_NeedsLock(left + TimeSpan.FromMilliseconds(1));
                    return;
                }

                snapshot.IsExpired = true;
                Remove_NeedsLock(snapshot);
            }
        }
    }

    private void Remove_NeedsLock(OpenSnapshot snapshot)
    {
        if (snapshot.Node is not { } node)
        {
            return;
        }

        snapshot.Node = null;
        _open.Remove(node);
        Interlocked.Exchange(ref _oldest, _open.First?.Value.Position.Value ?? long.MaxValue);
    }
}
