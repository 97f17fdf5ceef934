namespace DataIntensive.Idempotency;

// The one place where age is judged. It never goes back: a key that was found too old once stays so, whatever the wall clock does
// afterwards, and completions are stamped in ascending order, so that the order of completion is the order of expiry.
internal sealed class RetentionClock(TimeProvider timeProvider, TimeSpan retention)
{
    private long _newest;

    public long Newest => Volatile.Read(ref _newest);

    public long Stamp()
    {
        long now = timeProvider.GetUtcNow().UtcTicks;
        Raise(now);
        return Math.Max(now, Volatile.Read(ref _newest));
    }

    // Writes only when something is too old: readers of kept results share no cache line that changes.
    public bool IsExpired(long completedAt)
    {
        long now = Math.Max(timeProvider.GetUtcNow().UtcTicks, Volatile.Read(ref _newest));
        if (now - completedAt < retention.Ticks)
        {
            return false;
        }

        Raise(now);
        return true;
    }

    // By the newest time that was seen, without looking at the clock.
    public bool IsExpiredAtNewest(long completedAt) => Volatile.Read(ref _newest) - completedAt >= retention.Ticks;

    public void Raise(long ticks)
    {
        long newest = Volatile.Read(ref _newest);
        while (newest < ticks)
        {
            long found = Interlocked.CompareExchange(ref _newest, ticks, newest);
            if (found == newest)
            {
                return;
            }

            newest = found;
        }
    }
}
