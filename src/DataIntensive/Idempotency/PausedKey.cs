namespace DataIntensive.Idempotency;

// What a run in memory left that failed for now: the next one does not repeat its steps. It grows old like a completed key.
internal sealed class PausedKey(KeyProgress progress) : KeyEntry
{
    public KeyProgress Progress => progress;

    // In the line of completed keys by age: what was completed in front of this one. It may have to leave before its time.
    public KeyEntry? Older { get; set; }

    public override bool IsKept => false;

    public override string Form => "steps";
}
