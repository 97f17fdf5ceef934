using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// The one place where age is judged. It never goes back: a key that was found too old once stays so, whatever the wall clock does
// afterwards, and completions are stamped in ascending order, so that the order of completion is the order of expiry.
internal sealed class RetentionClock(TimeProvider timeProvider, TimeSpan retention)
{
    private readonly bool _isSystem = ReferenceEquals(timeProvider, TimeProvider.System);
    private long _newest;
    private long _readAt = long.MinValue;

    public long Newest => Volatile.Read(ref _newest);

    public long Stamp()
    {
        long now = Now();
        Raise(now);
        return Math.Max(now, Volatile.Read(ref _newest));
    }

    // Writes only when something is too old, or the time of the system was read anew: readers of kept results share no cache line that
    // changes all the time.
    public bool IsExpired(long completedAt)
    {
        long now = Math.Max(Now(), Volatile.Read(ref _newest));
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

    // Reading the system's time takes longer than all the rest of a replay, and makes the processor finish all it has begun before. Its
    // counter of ticks, a few milliseconds each, tells for little whether it has to be read again.
    [SuppressMessage("ApiDesign", "RS0030", Justification = "It tells no time: that comes from the provider, and this only for the system's own.")]
    private long Now()
    {
        if (!_isSystem)
        {
            return timeProvider.GetUtcNow().UtcTicks;
        }

        long tick = Environment.TickCount64;
        if (Volatile.Read(ref _readAt) != tick)
        {
            Raise(timeProvider.GetUtcNow().UtcTicks);
            Volatile.Write(ref _readAt, tick);
        }

        return Volatile.Read(ref _newest);
    }
}
