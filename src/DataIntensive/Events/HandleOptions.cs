namespace DataIntensive;

/// <summary>How one command is handled.</summary>
public sealed class HandleOptions
{
    /// <summary>
    /// What the caller expects of the stream. It is checked before the command is decided and again by the append, and the command is never
    /// decided a second time. Default null: nothing; the command is decided again when others have appended meanwhile.
    /// </summary>
    public ExpectedVersion? Expected { get; init; }

    /// <summary>
    /// Whether a decision on no events holds only if the stream is still as it was read when that is answered. Default false: then nothing is
    /// checked, as nothing is written.
    /// </summary>
    public bool ChecksVersion { get; init; }

    /// <summary>What is stored beside the events. Default null: nothing but the current span.</summary>
    public EventMetadata? Metadata { get; init; }

    internal static HandleOptions Default { get; } = new();
}
