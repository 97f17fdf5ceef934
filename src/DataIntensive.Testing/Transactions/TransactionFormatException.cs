namespace DataIntensive.Testing;

/// <summary>A text is no <see cref="TransactionHistory"/>.</summary>
public sealed class TransactionFormatException : FormatException
{
    internal TransactionFormatException(int line, int column, string problem)
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
