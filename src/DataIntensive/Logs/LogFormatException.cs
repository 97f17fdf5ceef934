namespace DataIntensive;

/// <summary>The folder was written by a newer version, or holds something else. Nothing was changed.</summary>
public sealed class LogFormatException : DataIntensiveException
{
    internal LogFormatException(string message)
        : base(message)
    {
    }
}
