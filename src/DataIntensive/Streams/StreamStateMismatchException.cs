namespace DataIntensive;

/// <summary>
/// The saved state of a stream is that of another pipeline, or of a newer format. Nothing was changed. Run the pipeline as it was, or
/// under another name.
/// </summary>
public sealed class StreamStateMismatchException : DataIntensiveException
{
    internal StreamStateMismatchException(string name, string stored, string declared)
        : base($"The state of the stream '{name}' was saved by {stored}, and this is {declared}. Run it as it was, or under another name.")
    {
        Name = name;
        Stored = stored;
        Declared = declared;
    }

    /// <summary>The name of the run.</summary>
    public string Name { get; }

    /// <summary>The shape that saved the state: operators, window sizes and codecs.</summary>
    public string Stored { get; }

    /// <summary>The shape that was to go on from it.</summary>
    public string Declared { get; }
}
