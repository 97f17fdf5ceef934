using System.Buffers.Binary;
using System.Text;

namespace DataIntensive;

/// <summary>
/// One part of what an <see cref="IdempotencyKey"/> is made of. Texts, integers, decimals, GUIDs, booleans and bytes convert to it by
/// themselves. The default is <see cref="Null"/>.
/// </summary>
/// <remarks>
/// Equal values give equal parts, whatever their size or notation: <c>1</c> as <see cref="int"/> and as <see cref="long"/>,
/// <c>1.5m</c> and <c>1.50m</c>. Values of different kinds never do: <c>1</c>, <c>1m</c>, <c>"1"</c> and <c>true</c> are four parts.
/// Text is taken as given: it is not normalised, trimmed, or folded to one case.
/// </remarks>
public readonly struct IdempotencyKeyPart
{
    private const int HeaderBytes = 1 + sizeof(uint);
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly PartKind _kind;
    private readonly object? _reference;

    // What is not text or bytes, as the first bytes of this number in little-endian order.
    private readonly UInt128 _bits;

    private IdempotencyKeyPart(PartKind kind, object reference)
    {
        _kind = kind;
        _reference = reference;
    }

    private IdempotencyKeyPart(PartKind kind, UInt128 bits)
    {
        _kind = kind;
        _bits = bits;
    }

    private enum PartKind : byte
    {
        Null = 0,
        Text = 1,
        Integer = 2,
        Decimal = 3,
        Guid = 4,
        Boolean = 5,
        Bytes = 6,
    }

    /// <summary>The part for something that is not there; differs from an empty text. The same as <c>default</c>.</summary>
    public static IdempotencyKeyPart Null => default;

    internal long SizeBytes => HeaderBytes + (long)ContentBytes;

    private int ContentBytes => _kind switch
    {
        PartKind.Text => Strict.GetByteCount((string)_reference!),
        PartKind.Integer => sizeof(long),
        PartKind.Decimal => 14,
        PartKind.Guid => 16,
        PartKind.Boolean => 1,
        PartKind.Bytes => ((byte[])_reference!).Length,
        _ => 0,
    };

    /// <summary>Makes a part of a text; <see cref="Null"/> of null.</summary>
    public static implicit operator IdempotencyKeyPart(string? value) => FromString(value);

    /// <summary>Makes a part of an integer.</summary>
    public static implicit operator IdempotencyKeyPart(int value) => FromInt64(value);

    /// <summary>Makes a part of an integer.</summary>
    public static implicit operator IdempotencyKeyPart(long value) => FromInt64(value);

    /// <summary>Makes a part of a decimal.</summary>
    public static implicit operator IdempotencyKeyPart(decimal value) => FromDecimal(value);

    /// <summary>Makes a part of a GUID.</summary>
    public static implicit operator IdempotencyKeyPart(Guid value) => FromGuid(value);

    /// <summary>Makes a part of a boolean.</summary>
    public static implicit operator IdempotencyKeyPart(bool value) => FromBoolean(value);

    /// <summary>Makes a part of bytes, which are read when the key is made; <see cref="Null"/> of null.</summary>
    public static implicit operator IdempotencyKeyPart(byte[]? value) => FromBytes(value);

    /// <summary>Makes a part of a text; <see cref="Null"/> of null.</summary>
    public static IdempotencyKeyPart FromString(string? value) => value is null ? Null : new IdempotencyKeyPart(PartKind.Text, value);

    /// <summary>Makes a part of an integer.</summary>
    public static IdempotencyKeyPart FromInt64(long value) => new(PartKind.Integer, (ulong)value);

    /// <summary>Makes a part of a decimal. Its number of decimal places does not count.</summary>
    public static IdempotencyKeyPart FromDecimal(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        UInt128 digits = ((UInt128)(uint)bits[2] << 64) | ((UInt128)(uint)bits[1] << 32) | (uint)bits[0];
        int places = (bits[3] >> 16) & 0xFF;
        while (places > 0 && digits % 10 == 0)
        {
            digits /= 10;
            places--;
        }

        bool negative = bits[3] < 0 && digits != 0;
        return new IdempotencyKeyPart(PartKind.Decimal, digits | ((UInt128)(uint)places << 96) | ((negative ? UInt128.One : 0) << 104));
    }

    /// <summary>Makes a part of a GUID.</summary>
    public static IdempotencyKeyPart FromGuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return new IdempotencyKeyPart(PartKind.Guid, BinaryPrimitives.ReadUInt128LittleEndian(bytes));
    }

    /// <summary>Makes a part of a boolean.</summary>
    public static IdempotencyKeyPart FromBoolean(bool value) => new(PartKind.Boolean, value ? UInt128.One : 0);

    /// <summary>Makes a part of bytes, which are read when the key is made; <see cref="Null"/> of null.</summary>
    public static IdempotencyKeyPart FromBytes(byte[]? value) => value is null ? Null : new IdempotencyKeyPart(PartKind.Bytes, value);

    // Writes kind, length and content, and returns what is left of the span.
    internal Span<byte> WriteTo(Span<byte> destination)
    {
        int length = ContentBytes;
        destination[0] = (byte)_kind;
        BinaryPrimitives.WriteUInt32LittleEndian(destination[1..], (uint)length);
        Span<byte> content = destination.Slice(HeaderBytes, length);
        switch (_kind)
        {
            case PartKind.Text:
                Strict.GetBytes((string)_reference!, content);
                break;
            case PartKind.Bytes:
                ((byte[])_reference!).CopyTo(content);
                break;
            default:
                Span<byte> bits = stackalloc byte[16];
                BinaryPrimitives.WriteUInt128LittleEndian(bits, _bits);
                bits[..length].CopyTo(content);
                break;
        }

        return destination[(HeaderBytes + length)..];
    }
}
