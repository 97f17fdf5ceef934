namespace DataIntensive.Causal;

// Somebody who waits until a replica has seen a clock. The continuation never runs under the replica's lock.
internal sealed class ClockWaiter(VectorClock required) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public VectorClock Required => required;

    // Under which write it waits now.
    public Dot Missing { get; set; }
}
