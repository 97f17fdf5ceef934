namespace DataIntensive.Idempotency;

internal abstract class CompletedKey
{
    // UTC ticks by the RetentionClock; set before the entry can be found.
    public long CompletedAt { get; set; }

    // What the result was kept as, for messages.
    public abstract string Form { get; }
}
