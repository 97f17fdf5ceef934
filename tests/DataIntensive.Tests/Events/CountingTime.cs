using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Events;

/// <summary>A clock that stands still unless it is moved, and counts who asks to be woken.</summary>
internal sealed class CountingTime : TimeProvider
{
    private int _timers;

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));

    public int Timers => Volatile.Read(ref _timers);

    public TimeSpan? LastDueTime { get; set; }

    public override long TimestampFrequency => Clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => Clock.GetUtcNow();

    public override long GetTimestamp() => Clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = Clock.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        LastDueTime = dueTime;
        return timer;
    }
}
