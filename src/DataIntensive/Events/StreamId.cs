using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DataIntensive;

/// <summary>
/// Names a stream: the events of one entity, for example <c>invoice-1</c>. Compared ordinally, letter by letter. The default value
/// names no stream, and every call that is given it refuses.
/// </summary>
public readonly record struct StreamId : IComparable<StreamId>, ISpanFormattable, ISpanParsable<StreamId>
{
    /// <summary>The most bytes an id takes in UTF-8: 512.</summary>
    public const int MaxBytes = 512;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _value;

    /// <summary>Makes an id.</summary>
    /// <param name="value">1 to 512 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">It is empty, too long, or holds half a surrogate pair.</exception>
    public StreamId(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _value = FindFault(value) is { } fault ? throw new ArgumentException($"The stream id '{value}' {fault}.", nameof(value)) : value;
    }

    // What was stored was checked when it was written.
    private StreamId(string value, bool _) => _value = value;

    /// <summary>The id as text.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which names no stream.</exception>
    public string Value => _value ?? throw new InvalidOperationException("This is the default stream id, which names no stream.");

    internal bool IsDefault => _value is null;

    /// <summary>Makes an id of text.</summary>
    /// <exception cref="ArgumentException">It is empty, too long, or holds half a surrogate pair.</exception>
    public static implicit operator StreamId(string value) => new(value);

    /// <summary>Compares ordinally.</summary>
    public static bool operator <(StreamId left, StreamId right) => left.CompareTo(right) < 0;

    /// <summary>Compares ordinally.</summary>
    public static bool operator >(StreamId left, StreamId right) => left.CompareTo(right) > 0;

    /// <summary>Compares ordinally.</summary>
    public static bool operator <=(StreamId left, StreamId right) => left.CompareTo(right) <= 0;

    /// <summary>Compares ordinally.</summary>
    public static bool operator >=(StreamId left, StreamId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc />
    public static StreamId Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static StreamId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out StreamId result) ? result : throw new FormatException($"'{s}' is no stream id: 1 to {MaxBytes} bytes of UTF-8 are expected.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StreamId result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out StreamId result)
    {
        bool isValid = s.Length > 0 && FindFault(s) is null;
        result = isValid ? Stored(s.ToString()) : default;
        return isValid;
    }

    /// <inheritdoc />
    public int CompareTo(StreamId other) => string.CompareOrdinal(_value, other._value);

    /// <summary>Returns the id; empty for the default.</summary>
    public override string ToString() => _value ?? "";

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        bool fits = ToString().TryCopyTo(destination);
        charsWritten = fits ? ToString().Length : 0;
        return fits;
    }

    internal static StreamId Stored(string value) => new(value, true);

    internal void ThrowIfDefault(string parameter)
    {
        if (IsDefault)
        {
            throw new ArgumentException("This is the default stream id, which names no stream.", parameter);
        }
    }

    // Half a pair would be stored as the replacement character, and two ids would become one.
    private static string? FindFault(ReadOnlySpan<char> value)
    {
        try
        {
            return Strict.GetByteCount(value) > MaxBytes ? $"takes more than {MaxBytes} bytes" : null;
        }
        catch (EncoderFallbackException)
        {
            return "holds half a surrogate pair";
        }
    }
}
