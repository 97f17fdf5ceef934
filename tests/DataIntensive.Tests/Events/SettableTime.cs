namespace DataIntensive.Tests.Events;

/// <summary>A clock that goes where it is told, also backwards, and counts how often it is asked.</summary>
internal sealed class SettableTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public int Asked { get; set; }

    public override DateTimeOffset GetUtcNow()
    {
        Asked++;
        return Now;
    }
}
