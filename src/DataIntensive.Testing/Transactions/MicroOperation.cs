using System.Globalization;
using System.Text;

namespace DataIntensive.Testing;

/// <summary>
/// One step of a transaction: an append to, or a write or a read of, one key. The default is a read of the key "" whose result is
/// not known. Equality compares an element list by identity.
/// </summary>
public readonly record struct MicroOperation
{
    private readonly string? _key;
    private readonly long _value;
    private readonly bool _hasValue;
    private readonly long[]? _elements;

    private MicroOperation(MicroOperationKind kind, string key, long? value, long[]? elements)
    {
        ArgumentNullException.ThrowIfNull(key);
        Kind = kind;
        _key = key;
        _value = value.GetValueOrDefault();
        _hasValue = value.HasValue;
        _elements = elements;
    }

    /// <summary>What it does.</summary>
    public MicroOperationKind Kind { get; }

    /// <summary>The key.</summary>
    public string Key => _key ?? "";

    /// <summary>What was appended, written or read; null when the key had no value, and for lists that were read.</summary>
    public long? Value => _hasValue ? _value : null;

    /// <summary>The list that was read, from its first element; empty when the key had none, and for everything else.</summary>
    public ReadOnlySpan<long> Elements => _elements;

    internal bool IsWrite => Kind is MicroOperationKind.Append or MicroOperationKind.Write;

    internal bool IsKnownRead => Kind is MicroOperationKind.ReadList or MicroOperationKind.ReadValue;

    // Of an append or a write.
    internal long Written => _value;

    /// <summary>Appends an element to the list of a key.</summary>
    public static MicroOperation Append(string key, long element) => new(MicroOperationKind.Append, key, element, null);

    /// <summary>Writes the value of a key.</summary>
    public static MicroOperation Write(string key, long value) => new(MicroOperationKind.Write, key, value, null);

    /// <summary>Read the list of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="elements">All its elements in their order, none when the key had none. It is copied.</param>
    public static MicroOperation ReadList(string key, ReadOnlySpan<long> elements) => new(MicroOperationKind.ReadList, key, null, elements.ToArray());

    /// <summary>Read the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; null when it had none.</param>
    public static MicroOperation ReadValue(string key, long? value) => new(MicroOperationKind.ReadValue, key, value, null);

    /// <summary>Read a key, with a result that nobody got.</summary>
    public static MicroOperation UnknownRead(string key) => new(MicroOperationKind.UnknownRead, key, null, null);

    /// <summary>Writes it as <see cref="TransactionHistory.Parse"/> reads it: <c>ax1</c>, <c>rx[1,2]</c>, <c>wx1</c>, <c>rx1</c>, <c>rx?</c>.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(Kind switch { MicroOperationKind.Append => 'a', MicroOperationKind.Write => 'w', _ => 'r' });
        AppendKey(text, Key);
        _ = Kind switch
        {
            MicroOperationKind.UnknownRead => text.Append('?'),
            MicroOperationKind.ReadList => text.Append('[').AppendJoin(',', _elements!).Append(']'),
            _ when _hasValue => text.Append(CultureInfo.InvariantCulture, $"{_value}"),
            _ => text.Append('_'),
        };
        return text.ToString();
    }

    private static void AppendKey(StringBuilder text, string key)
    {
        if (key.Length == 1 && char.IsLetter(key[0]))
        {
            text.Append(key);
            return;
        }

        text.Append('"').Append(key.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", "\\n").Replace("\r", "\\r")).Append('"');
    }
}
