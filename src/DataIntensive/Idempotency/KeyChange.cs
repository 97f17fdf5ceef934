namespace DataIntensive.Idempotency;

// What a run records of itself before it ends.
internal abstract record KeyChange
{
    private KeyChange()
    {
    }

    public sealed record StepDone(string Name, KeyEntry Result, bool IsCompensable) : KeyChange;

    public sealed record StepCompensated(string Name) : KeyChange;

    // From here on the operation goes back, also when its process ends in between.
    public sealed record FailureDecided(DefiniteFailure Failure) : KeyChange;
}
