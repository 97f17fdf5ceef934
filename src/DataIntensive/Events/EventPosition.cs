using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DataIntensive;

/// <summary>
/// The place of one event among all events of its event store: 1 to N without gaps, in the order of the log, assigned in the commit
/// that stores the event, never reused. The default value, <see cref="Start"/>, lies before the first event.
/// </summary>
/// <param name="Value">The ordinal: 0 for the start, 1 for the first event.</param>
public readonly record struct EventPosition(long Value) : IComparable<EventPosition>, ISpanFormattable, ISpanParsable<EventPosition>
{
    /// <summary>The position before the first event; the same as <c>default</c>.</summary>
    public static EventPosition Start => default;

    /// <summary>Compares by place.</summary>
    public static bool operator <(EventPosition left, EventPosition right) => left.Value < right.Value;

    /// <summary>Compares by place.</summary>
    public static bool operator >(EventPosition left, EventPosition right) => left.Value > right.Value;

    /// <summary>Compares by place.</summary>
    public static bool operator <=(EventPosition left, EventPosition right) => left.Value <= right.Value;

    /// <summary>Compares by place.</summary>
    public static bool operator >=(EventPosition left, EventPosition right) => left.Value >= right.Value;

    /// <inheritdoc />
    public static EventPosition Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static EventPosition Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out EventPosition result) ? result : throw new FormatException($"'{s}' is no event position: a whole number from 0 is expected.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EventPosition result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out EventPosition result)
    {
        bool parsed = long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        result = new EventPosition(value);
        return parsed;
    }

    /// <inheritdoc />
    public int CompareTo(EventPosition other) => Value.CompareTo(other.Value);

    /// <summary>Returns the ordinal in plain digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Value.TryFormat(destination, out charsWritten, default, CultureInfo.InvariantCulture);
}
