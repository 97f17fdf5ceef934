namespace DataIntensive.Idempotency;

// A step that has happened, with its result.
internal sealed record RecordedStep(string Name, KeyEntry Result, bool IsCompensable, bool IsCompensated = false)
{
    public bool IsToUndo => IsCompensable && !IsCompensated;
}
