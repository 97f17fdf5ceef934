using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace DataIntensive;

/// <summary>
/// Names one effect that is to happen once: the SHA-256 of an operation's name and of what makes the request that request. Build it
/// once and reuse it. The default is no key, and is refused wherever a key is expected.
/// </summary>
/// <remarks>
/// <para>What is hashed, so that other programs can make the same keys: the byte 1 (the version of this encoding), then the operation
/// as a text, then the parts in their order. Each of them is its kind (1 byte), the length of its content in bytes (4 bytes, little-endian,
/// unsigned) and its content:</para>
/// <list type="table">
/// <listheader><term>kind</term><description>content</description></listheader>
/// <item><term>0 null</term><description>none</description></item>
/// <item><term>1 text</term><description>UTF-8, as given: no normalisation, no case folding</description></item>
/// <item><term>2 integer</term><description>8 bytes, little-endian, two's complement</description></item>
/// <item><term>3 decimal</term><description>without trailing zeros behind the point: the digits as an unsigned integer (12 bytes,
/// little-endian), how many of them stand behind the point (1 byte), 1 when negative and 0 otherwise (1 byte)</description></item>
/// <item><term>4 GUID</term><description>16 bytes in network order</description></item>
/// <item><term>5 boolean</term><description>1 byte: 1 or 0</description></item>
/// <item><term>6 bytes</term><description>as they are</description></item>
/// </list>
/// <para>Test vectors:</para>
/// <list type="table">
/// <listheader><term>key</term><description>in hexadecimal</description></listheader>
/// <item><term><c>Create("orders.place")</c></term><description><c>d23f9300f1b082b13554411a6cf044f8ae7dc81a1de0ee5dddfcd99ce2f142c4</c></description></item>
/// <item><term><c>Create("orders.place", "a|b", "c")</c></term><description><c>ace90e192e16e00f829d78c868bd43a8850bdda62c39685d582b2bc31ea85b25</c></description></item>
/// <item><term><c>Create("orders.place", "a", "b|c")</c></term><description><c>3c2ea9bc8b384852aabe6404ac9fbb79bb31fd669dd11f33e458716e51fe8ca4</c></description></item>
/// <item><term><c>Create("orders.place", "")</c></term><description><c>f8ad6e8f9869af126c57220fdda45aee8afc5ea04b1b1c4d481343c6ac7776fd</c></description></item>
/// <item><term><c>Create("orders.place", IdempotencyKeyPart.Null)</c></term><description><c>5eb2b11c9c8ab602d7301f6de987154d889ac3997175435f166dce4d624bad93</c></description></item>
/// <item><term><c>Create("orders.place", "1")</c></term><description><c>d9cfbcd825e04a670eafc20e75e3acf626b69efc96108884aa2ee11efb0ae67b</c></description></item>
/// <item><term><c>Create("orders.place", 1)</c></term><description><c>869d1cf9b1abf3d9647976d682c8d5fe6e835110e3615ad513f65061e0eef590</c></description></item>
/// <item><term><c>Create("orders.place", -1)</c></term><description><c>b3d5b052969aed42020c41ff2efbd5635e28ec1c0f47a8dd31a475853197e2aa</c></description></item>
/// <item><term><c>Create("orders.place", -12.50m)</c></term><description><c>127408a264da532d9dcdc63d38a539cfb28d3e90bf557f81d31c91f59a056398</c></description></item>
/// <item><term><c>Create("orders.place", true)</c></term><description><c>b5867fac1842fdb1ed4da9c14c3b5e169dd8f5374ea7e6d5ceb29cbd6ee30848</c></description></item>
/// <item><term><c>Create("orders.place", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"))</c></term><description><c>8278df32949ba65a8434bf32c827a16fddf177df59e2f064ed08ae4f087a2f4f</c></description></item>
/// <item><term><c>Create("orders.place", new byte[] { 1, 2, 3 })</c></term><description><c>2f22f8a321d599ffee7be992c52c482266893f8eb4b06e5c044013adde3ca8b7</c></description></item>
/// <item><term><c>Create("orders.place", "\u00e9")</c></term><description><c>a59b8cb43708113e3585abbe6950048b76da68ea1b51ec0cde501a06c5b11839</c></description></item>
/// <item><term><c>Create("orders.place", "e\u0301")</c></term><description><c>71ba36c6c905900c7954e4b37a3c6f5e8e961d9e05bc26e9306ebaf04416ac96</c></description></item>
/// </list>
/// <para>A key tells nothing about its parts to somebody who cannot guess them; of parts that can be guessed it is no secret.</para>
/// </remarks>
public readonly record struct IdempotencyKey : ISpanFormattable, ISpanParsable<IdempotencyKey>
{
    /// <summary>The longest name of an operation, in characters.</summary>
    public const int MaxOperationLength = 255;

    /// <summary>The most that operation and parts may take together, encoded, in bytes: 1 MiB. Of more, hash it first.</summary>
    public const int MaxEncodedBytes = 1024 * 1024;

    internal const int SizeBytes = 32;
    private const byte EncodingVersion = 1;
    private const int StackBytes = 512;

    // Big-endian, so that the numbers read like the bytes.
    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    internal IdempotencyKey(ReadOnlySpan<byte> bytes)
    {
        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _fourth = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Makes the key of one request.</summary>
    /// <param name="operation">
    /// What the operation is called, for good, for example <c>orders.place</c>; not the name of a method, which may be renamed. 1 to
    /// <see cref="MaxOperationLength"/> characters.
    /// </param>
    /// <param name="parts">
    /// What makes the request that request: the client's key, and the tenant or user it belongs to, so that nobody gets at another's
    /// result. Their order and kinds count.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The operation is empty or too long, a text holds an unpaired surrogate, or all together is more than <see cref="MaxEncodedBytes"/>.
    /// </exception>
    public static IdempotencyKey Create(string operation, params ReadOnlySpan<IdempotencyKeyPart> parts)
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        if (operation.Length > MaxOperationLength)
        {
            throw new ArgumentException($"The operation's name has {operation.Length} characters; {MaxOperationLength} are allowed.", nameof(operation));
        }

        IdempotencyKeyPart name = operation;
        long size = 1 + name.SizeBytes;
        foreach (IdempotencyKeyPart part in parts)
        {
            size += part.SizeBytes;
        }

        if (size > MaxEncodedBytes)
        {
            throw new ArgumentException($"The parts take {size} bytes; {MaxEncodedBytes} are allowed. Pass the hash of what is large.", nameof(parts));
        }

        byte[]? rented = size > StackBytes ? ArrayPool<byte>.Shared.Rent((int)size) : null;
        try
        {
            Span<byte> encoded = rented is null ? stackalloc byte[StackBytes] : rented;
            encoded[0] = EncodingVersion;
            Span<byte> rest = name.WriteTo(encoded[1..]);
            foreach (IdempotencyKeyPart part in parts)
            {
                rest = part.WriteTo(rest);
            }

            Span<byte> hash = stackalloc byte[SizeBytes];
            SHA256.HashData(encoded[..(int)size], hash);
            return new IdempotencyKey(hash);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
            }
        }
    }

    /// <summary>Makes the key of one request of which one text says all.</summary>
    /// <param name="operation">What the operation is called, for good; 1 to <see cref="MaxOperationLength"/> characters.</param>
    /// <param name="part">The text; null is a part like any other.</param>
    /// <inheritdoc cref="Create(string, ReadOnlySpan{IdempotencyKeyPart})"/>
    [OverloadResolutionPriority(1)]
    public static IdempotencyKey Create(string operation, string? part)
    {
        // Without this overload a literal null would be taken for a list of no parts.
        return Create(operation, (IdempotencyKeyPart)part);
    }

    /// <inheritdoc />
    public static IdempotencyKey Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static IdempotencyKey Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out IdempotencyKey result)
            ? result
            : throw new FormatException($"'{s}' is no idempotency key: {2 * SizeBytes} hexadecimal digits are expected, not all of them 0.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out IdempotencyKey result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out IdempotencyKey result)
    {
        result = default;
        Span<byte> bytes = stackalloc byte[SizeBytes];
        if (s.Length != 2 * SizeBytes || Convert.FromHexString(s, bytes, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        result = new IdempotencyKey(bytes);
        return result != default;
    }

    /// <summary>The same for equal keys, in every process.</summary>
    public override int GetHashCode() => (int)_first;

    /// <summary>Returns 64 hexadecimal digits, in lower case.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        CopyTo(bytes);
        return Convert.TryToHexStringLower(bytes, destination, out charsWritten);
    }

    // What "Create" makes of this operation and these two parts, so that other programs can make the same.
    internal IdempotencyKey Child(string name)
    {
        byte[] parent = new byte[SizeBytes];
        CopyTo(parent);
        return Create("dataintensive.child", parent, name);
    }

    internal void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _third);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _fourth);
    }

    // The first bytes: a hash already.
    internal ulong Hash => _first;

    internal void ThrowIfDefault()
    {
        if (this == default)
        {
            throw new ArgumentException($"The default is no key. Make one with {nameof(IdempotencyKey)}.{nameof(Create)}.", "key");
        }
    }
}
