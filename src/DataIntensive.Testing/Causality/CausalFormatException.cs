namespace DataIntensive.Testing;

/// <summary>A text is no <see cref="CausalHistory"/>.</summary>
public sealed class CausalFormatException : FormatException
{
    internal CausalFormatException(int line, int column, string problem)
        : base($"line {line}, column {column}: {problem}")
    {
        Line = line;
        Column = column;
    }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The character in the line, from 1.</summary>
    public int Column { get; }
}
