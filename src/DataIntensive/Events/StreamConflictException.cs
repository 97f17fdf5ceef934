namespace DataIntensive;

/// <summary>A stream was not at the version that an append expected. Nothing was written. Read what came in between, and decide again.</summary>
public sealed class StreamConflictException : DataIntensiveException
{
    internal StreamConflictException(StreamId stream, ExpectedVersion expected, long actual)
        : base($"The stream '{stream}' is at version {actual}, expected was {expected}.")
    {
        Stream = stream;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }

    /// <summary>What the append expected.</summary>
    public ExpectedVersion Expected { get; }

    /// <summary>The version that was found; 0 for a stream without events.</summary>
    public long Actual { get; }
}
