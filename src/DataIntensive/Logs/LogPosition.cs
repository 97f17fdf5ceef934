using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DataIntensive;

/// <summary>
/// The place of one record in a log: dense, 1-based, never reused. The default value, <see cref="Start"/>, lies before the first record.
/// </summary>
/// <param name="Value">The ordinal: 0 for the start, 1 for the first record.</param>
public readonly record struct LogPosition(long Value) : IComparable<LogPosition>, ISpanFormattable, ISpanParsable<LogPosition>
{
    /// <summary>The position before the first record; the same as <c>default</c>.</summary>
    public static LogPosition Start => default;

    /// <summary>Compares by place in the log.</summary>
    public static bool operator <(LogPosition left, LogPosition right) => left.Value < right.Value;

    /// <summary>Compares by place in the log.</summary>
    public static bool operator >(LogPosition left, LogPosition right) => left.Value > right.Value;

    /// <summary>Compares by place in the log.</summary>
    public static bool operator <=(LogPosition left, LogPosition right) => left.Value <= right.Value;

    /// <summary>Compares by place in the log.</summary>
    public static bool operator >=(LogPosition left, LogPosition right) => left.Value >= right.Value;

    /// <inheritdoc />
    public static LogPosition Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static LogPosition Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out LogPosition result) ? result : throw new FormatException($"'{s}' is no log position: a whole number from 0 is expected.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out LogPosition result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out LogPosition result)
    {
        bool parsed = long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        result = new LogPosition(value);
        return parsed;
    }

    /// <inheritdoc />
    public int CompareTo(LogPosition other) => Value.CompareTo(other.Value);

    /// <summary>Returns the ordinal in plain digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Value.TryFormat(destination, out charsWritten, default, CultureInfo.InvariantCulture);
}
