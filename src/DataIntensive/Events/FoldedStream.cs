namespace DataIntensive;

/// <summary>What the events of a stream come to.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <param name="State">The state; the decider's initial one when the stream has no events.</param>
/// <param name="Version">The version of the stream that it belongs to; 0 when the stream was never written.</param>
/// <param name="Status">Whether the stream is there.</param>
public readonly record struct FoldedStream<TState>(TState State, long Version, StreamStatus Status)
{
    /// <summary>Whether the stream is there: written, and not deleted.</summary>
    public bool Exists => Status == StreamStatus.Live;
}
