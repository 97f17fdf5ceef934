namespace DataIntensive;

/// <summary>
/// A consumer's checkpoint lies beyond the end of its source: the source was restored to an older state, or is another one. What the
/// consumer holds is not what the source says; build it anew under another name.
/// </summary>
public sealed class CheckpointAheadException : DataIntensiveException
{
    internal CheckpointAheadException(string consumer, LogPosition checkpoint, LogPosition end)
        : base($"The checkpoint of consumer '{consumer}' is at position {checkpoint}, and its source ends at position {end}.")
    {
        Consumer = consumer;
        Checkpoint = checkpoint;
        End = end;
    }

    /// <summary>The name of the consumer.</summary>
    public string Consumer { get; }

    /// <summary>Where the consumer had come to.</summary>
    public LogPosition Checkpoint { get; }

    /// <summary>Where the source ends.</summary>
    public LogPosition End { get; }
}
