namespace DataIntensive.Testing;

// Where the awaits of one part of a scenario come back to. Equal ones are told apart by name only, in the report.
internal sealed class ScheduledContext(ScheduledRun run, string part) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => run.Post(part, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("A scenario cannot wait for a step within a step.");

    public override SynchronizationContext CreateCopy() => this;
}
