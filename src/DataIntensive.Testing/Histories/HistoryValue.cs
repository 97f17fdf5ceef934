using System.Globalization;

namespace DataIntensive.Testing;

/// <summary>
/// A key, an argument or a result in a <see cref="History"/>: nothing, a truth value, a whole number, a text, or a list of such. Equal
/// when the contents are. The default value is <see cref="Nil"/>.
/// </summary>
public readonly struct HistoryValue : IEquatable<HistoryValue>
{
    // What stands in _content tells the kind, so that a value takes two words and numbers need no object of their own.
    private static readonly object NumberMark = new();
    private static readonly object TruthMark = new();

    private readonly object? _content;
    private readonly long _number;

    private HistoryValue(object content, long number)
    {
        _content = content;
        _number = number;
    }

    /// <summary>Nothing; the same as <c>default</c>.</summary>
    public static HistoryValue Nil => default;

    /// <summary>Whether it is nothing.</summary>
    public bool IsNil => _content is null;

    /// <summary>What it is.</summary>
    public HistoryValueKind Kind => _content switch
    {
        null => HistoryValueKind.Nil,
        string => HistoryValueKind.Text,
        HistoryValue[] => HistoryValueKind.List,
        _ => ReferenceEquals(_content, NumberMark) ? HistoryValueKind.Number : HistoryValueKind.Truth,
    };

    /// <summary>The items of a list; empty for every other kind.</summary>
    public ReadOnlySpan<HistoryValue> Items => _content as HistoryValue[];

    /// <summary>Makes a list.</summary>
    /// <param name="items">Its items, which are copied.</param>
    public static HistoryValue List(params ReadOnlySpan<HistoryValue> items) => new(items.ToArray(), 0);

    /// <summary>Makes a number.</summary>
    public static implicit operator HistoryValue(long number) => new(NumberMark, number);

    /// <summary>Makes a truth value.</summary>
    public static implicit operator HistoryValue(bool truth) => new(TruthMark, truth ? 1 : 0);

    /// <summary>Makes a text; nothing from null.</summary>
    public static implicit operator HistoryValue(string? text) => text is null ? default : new HistoryValue(text, 0);

    /// <summary>Makes a number.</summary>
    public static HistoryValue FromInt64(long number) => number;

    /// <summary>Makes a truth value.</summary>
    public static HistoryValue FromBoolean(bool truth) => truth;

    /// <summary>Makes a text; nothing from null.</summary>
    public static HistoryValue FromString(string? text) => text;

    /// <summary>Whether both have the same contents.</summary>
    public static bool operator ==(HistoryValue left, HistoryValue right) => left.Equals(right);

    /// <summary>Whether the contents differ.</summary>
    public static bool operator !=(HistoryValue left, HistoryValue right) => !left.Equals(right);

    /// <summary>Reads what <see cref="ToString"/> gives.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is no value.</exception>
    public static HistoryValue Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ValueParser parser = new(text);
        HistoryValue value = parser.Value();
        return parser.IsAtEnd ? value : throw new FormatException($"'{text}' goes on behind a value.");
    }

    /// <summary>Gives the number.</summary>
    /// <param name="number">The number; 0 for every other kind.</param>
    /// <returns>Whether it is one.</returns>
    public bool TryGetNumber(out long number)
    {
        bool isNumber = ReferenceEquals(_content, NumberMark);
        number = isNumber ? _number : 0;
        return isNumber;
    }

    /// <summary>Gives the truth value.</summary>
    /// <param name="truth">The value; false for every other kind.</param>
    /// <returns>Whether it is one.</returns>
    public bool TryGetTruth(out bool truth)
    {
        bool isTruth = ReferenceEquals(_content, TruthMark);
        truth = isTruth && _number != 0;
        return isTruth;
    }

    /// <summary>Gives the text.</summary>
    /// <param name="text">The text; empty for every other kind.</param>
    /// <returns>Whether it is one.</returns>
    public bool TryGetText(out string text)
    {
        text = _content as string ?? "";
        return _content is string;
    }

    /// <inheritdoc />
    public bool Equals(HistoryValue other) =>
        _number == other._number
        && (ReferenceEquals(_content, other._content)
            || (_content, other._content) switch
            {
                (string mine, string others) => mine == others,
                (HistoryValue[] mine, HistoryValue[] others) => mine.AsSpan().SequenceEqual(others),
                _ => false,
            });

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is HistoryValue other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        if (_content is HistoryValue[] items)
        {
            int hash = items.Length;
            foreach (HistoryValue item in items)
            {
                hash = (hash * 31) + item.GetHashCode();
            }

            return hash;
        }

        return _content is string text ? text.GetHashCode(StringComparison.Ordinal) : _number.GetHashCode() + (_content is null ? 0 : 1);
    }

    /// <summary>Returns <c>nil</c>, <c>true</c>, plain digits, a text in double quotes with JSON's escapes, or items in square brackets.</summary>
    public override string ToString() => _content switch
    {
        null => "nil",
        string text => ValueParser.Quote(text),
        HistoryValue[] items => $"[{string.Join(' ', items)}]",
        _ => ReferenceEquals(_content, NumberMark) ? _number.ToString(CultureInfo.InvariantCulture) : _number != 0 ? "true" : "false",
    };
}
