using System.Collections.Immutable;

namespace DataIntensive.Idempotency;

// How far the operation of a key has come. A value: a run that was overtaken shares nothing with the one after it.
internal sealed record KeyProgress(ImmutableArray<RecordedStep> Steps, DefiniteFailure? Failure)
{
    public const int MaxSteps = 1000;

    public static readonly KeyProgress None = new([], null);

    public bool IsNone => Steps.IsEmpty && Failure is null;

    public RecordedStep? Find(string name)
    {
        foreach (RecordedStep step in Steps)
        {
            if (step.Name == name)
            {
                return step;
            }
        }

        return null;
    }

    // A change that is there already changes nothing: a state snapshot may be ahead of the records that are replayed over it.
    public KeyProgress With(KeyChange change) => change switch
    {
        KeyChange.StepDone done => Find(done.Name) is null ? this with { Steps = Steps.Add(new RecordedStep(done.Name, done.Result, done.IsCompensable)) } : this,
        KeyChange.StepCompensated compensated => Find(compensated.Name) is { } step ? this with { Steps = Steps.Replace(step, step with { IsCompensated = true }) } : this,
        KeyChange.FailureDecided decided => this with { Failure = decided.Failure },
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };
}
