using System.Globalization;

namespace DataIntensive;

/// <summary>
/// A file of the log is damaged where a crash cannot have torn it. Nothing was changed. Restore a backup, or look at the file
/// before deciding what to give up.
/// </summary>
public sealed class LogCorruptException : DataIntensiveException
{
    internal LogCorruptException(string file, long offset, string expected, string found)
        : base(string.Create(CultureInfo.InvariantCulture, $"The log is damaged: file '{file}' at offset {offset}: expected {expected}, found {found}."))
    {
        File = file;
        Offset = offset;
        Expected = expected;
        Found = found;
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>Where in the file, in bytes.</summary>
    public long Offset { get; }

    /// <summary>What should stand there.</summary>
    public string Expected { get; }

    /// <summary>What stands there.</summary>
    public string Found { get; }
}
