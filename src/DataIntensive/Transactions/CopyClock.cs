namespace DataIntensive.Transactions;

// Tells the time of the commit that is being copied, so that a copy has the times of the original.
internal sealed class CopyClock(TimeProvider time) : TimeProvider
{
    // Null for the real one. Set only while nothing is under way.
    public DateTimeOffset? Time { get; set; }

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => Time ?? time.GetUtcNow();

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
