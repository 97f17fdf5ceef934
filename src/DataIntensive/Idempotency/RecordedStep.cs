namespace DataIntensive.Idempotency;

// A step that has happened, with its result.
internal sealed record RecordedStep(string Name, CompletedKey Result, bool IsCompensable, bool IsCompensated = false)
{
    public bool IsToUndo => IsCompensable && !IsCompensated;
}
