using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DataIntensive;

/// <summary>
/// The name of one replica, unique among those that exchange updates, for good: a replica that lost its state comes back under a new
/// one. Compared ordinally. The default names no replica, and is refused wherever one is asked for.
/// </summary>
public readonly record struct ReplicaId : IComparable<ReplicaId>, ISpanParsable<ReplicaId>
{
    /// <summary>The most that a name takes in UTF-8.</summary>
    public const int MaxBytes = 255;

    private readonly string? _value;

    /// <summary>Names a replica.</summary>
    /// <param name="value">1 to 255 bytes of UTF-8, without commas, white space and control characters.</param>
    /// <exception cref="ArgumentException">It is not so.</exception>
    public ReplicaId(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (FaultOf(value) is { } fault)
        {
            throw new ArgumentException($"'{value}' is no name of a replica: {fault}.", nameof(value));
        }

        _value = value;
    }

    /// <summary>The name; empty for the default.</summary>
    public string Value => _value ?? "";

    /// <summary>Compares by name, ordinally.</summary>
    public static bool operator <(ReplicaId left, ReplicaId right) => left.CompareTo(right) < 0;

    /// <summary>Compares by name, ordinally.</summary>
    public static bool operator >(ReplicaId left, ReplicaId right) => left.CompareTo(right) > 0;

    /// <summary>Compares by name, ordinally.</summary>
    public static bool operator <=(ReplicaId left, ReplicaId right) => left.CompareTo(right) <= 0;

    /// <summary>Compares by name, ordinally.</summary>
    public static bool operator >=(ReplicaId left, ReplicaId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc />
    public static ReplicaId Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static ReplicaId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out ReplicaId result) ? result : throw new FormatException($"'{s}' is no name of a replica: {FaultOf(s)}.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ReplicaId result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ReplicaId result)
    {
        bool parsed = FaultOf(s) is null;
        result = parsed ? new ReplicaId(s.ToString()) : default;
        return parsed;
    }

    /// <inheritdoc />
    public int CompareTo(ReplicaId other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>Returns the name.</summary>
    public override string ToString() => Value;

    internal void ThrowIfDefault(string parameterName)
    {
        if (_value is null)
        {
            throw new ArgumentException("The default names no replica.", parameterName);
        }
    }

    private static string? FaultOf(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty)
        {
            return "it is empty";
        }

        int bytes = 0;
        while (!value.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(value, out Rune rune, out int used) != OperationStatus.Done)
            {
                return "it has an unpaired surrogate";
            }

            // The comma stands between the entries of a clock's text.
            if (rune.Value == ',' || Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                return "commas, white space and control characters are not allowed";
            }

            bytes += rune.Utf8SequenceLength;
            value = value[used..];
        }

        return bytes > MaxBytes ? $"it takes {bytes} bytes of UTF-8, and {MaxBytes} are allowed" : null;
    }
}
