using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DataIntensive;

/// <summary>
/// What a store says last wrote a key. Grows with every write and is never reused, also across deletes, so a compare-and-set by
/// revision cannot mistake a value for an equal older one. The default, <see cref="None"/>, stands for an absent key.
/// </summary>
/// <param name="Value">0 for none; otherwise a number with meaning only within its store. In a database it is the position of the record.</param>
public readonly record struct Revision(long Value) : IComparable<Revision>, ISpanFormattable, ISpanParsable<Revision>
{
    /// <summary>The revision of a key that is not there; the same as <c>default</c>.</summary>
    public static Revision None => default;

    /// <summary>Compares by age.</summary>
    public static bool operator <(Revision left, Revision right) => left.Value < right.Value;

    /// <summary>Compares by age.</summary>
    public static bool operator >(Revision left, Revision right) => left.Value > right.Value;

    /// <summary>Compares by age.</summary>
    public static bool operator <=(Revision left, Revision right) => left.Value <= right.Value;

    /// <summary>Compares by age.</summary>
    public static bool operator >=(Revision left, Revision right) => left.Value >= right.Value;

    /// <inheritdoc />
    public static Revision Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static Revision Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out Revision result) ? result : throw new FormatException($"'{s}' is no revision: a whole number from 0 is expected.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Revision result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Revision result)
    {
        bool parsed = long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        result = new Revision(value);
        return parsed;
    }

    /// <inheritdoc />
    public int CompareTo(Revision other) => Value.CompareTo(other.Value);

    /// <summary>Returns the number in plain digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Value.TryFormat(destination, out charsWritten, default, CultureInfo.InvariantCulture);
}
