using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>
/// Tells one request's content from another's: a SHA-256. Build it once and reuse it. The default is none: nothing is compared.
/// </summary>
/// <remarks>
/// <para>What is hashed, so that other programs can make the same: one byte, 1 for bytes and 2 for JSON, then the bytes as they are or the
/// JSON in its canonical form. That form is the one of RFC 8785: no white space, properties in the order of their names' UTF-16 code units,
/// the shortest escapes, numbers as ECMAScript writes them. It differs for numbers that a 64-bit floating-point number cannot hold: their
/// digits are kept, so that 9007199254740993 and 9007199254740992 are two numbers.</para>
/// <para>Covered are white space, the order of properties, escapes, and forms of numbers (<c>1</c>, <c>1.0</c>, <c>10e-1</c>; <c>-0</c> is
/// <c>0</c>). Not covered: the order of array elements, Unicode normalisation, a property that is null against one that is not there,
/// and numbers written as strings.</para>
/// </remarks>
public readonly record struct IdempotencyFingerprint : ISpanFormattable, ISpanParsable<IdempotencyFingerprint>
{
    /// <summary>The longest content that is taken, in bytes: 16 MiB. Of more, pass the hash.</summary>
    public const int MaxContentBytes = 16 * 1024 * 1024;

    private const byte OfBytesKind = 1;
    private const byte OfJsonKind = 2;

    private readonly IdempotencyKey _hash;

    internal IdempotencyFingerprint(IdempotencyKey hash) => _hash = hash;

    /// <summary>Whether there is none.</summary>
    public bool IsNone => _hash == default;

    /// <summary>Makes the fingerprint of bytes: every one of them counts.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="MaxContentBytes"/>.</exception>
    public static IdempotencyFingerprint OfBytes(ReadOnlySpan<byte> content)
    {
        ThrowIfTooLong(content.Length, nameof(content));
        return Hash(OfBytesKind, content);
    }

    /// <summary>Makes the fingerprint of what a JSON text says, however it is written.</summary>
    /// <param name="utf8">The text, in UTF-8.</param>
    /// <exception cref="ArgumentException">
    /// It is no JSON as of RFC 8259, names a property of an object twice, holds an unpaired surrogate, nests deeper than 64, or is longer than
    /// <see cref="MaxContentBytes"/>.
    /// </exception>
    public static IdempotencyFingerprint OfJson(ReadOnlyMemory<byte> utf8)
    {
        ThrowIfTooLong(utf8.Length, nameof(utf8));
        ArrayBufferWriter<byte> canonical = new(Math.Max(16, utf8.Length));
        CanonicalJson.Write(utf8, canonical);
        return Hash(OfJsonKind, canonical.WrittenSpan);
    }

    /// <inheritdoc cref="OfJson(ReadOnlyMemory{byte})"/>
    /// <param name="json">The text.</param>
    public static IdempotencyFingerprint OfJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        ThrowIfTooLong(json.Length, nameof(json));
        return OfJson(Encoding.UTF8.GetBytes(json));
    }

    /// <inheritdoc />
    public static IdempotencyFingerprint Parse(string s, IFormatProvider? provider = null) => new(IdempotencyKey.Parse(s, provider));

    /// <inheritdoc />
    public static IdempotencyFingerprint Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => new(IdempotencyKey.Parse(s, provider));

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out IdempotencyFingerprint result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out IdempotencyFingerprint result)
    {
        bool parsed = IdempotencyKey.TryParse(s, provider, out IdempotencyKey hash);
        result = new IdempotencyFingerprint(hash);
        return parsed;
    }

    /// <summary>Returns 64 hexadecimal digits, in lower case.</summary>
    public override string ToString() => _hash.ToString();

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        _hash.TryFormat(destination, out charsWritten, format, provider);

    // Both told, and different.
    internal bool Contradicts(in IdempotencyFingerprint other) => _hash != other._hash && !IsNone && !other.IsNone;

    internal void CopyTo(Span<byte> destination) => _hash.CopyTo(destination);

    private static IdempotencyFingerprint Hash(byte kind, ReadOnlySpan<byte> content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([kind]);
        hash.AppendData(content);
        Span<byte> bytes = stackalloc byte[IdempotencyKey.SizeBytes];
        hash.GetHashAndReset(bytes);
        return new IdempotencyFingerprint(new IdempotencyKey(bytes));
    }

    private static void ThrowIfTooLong(int length, string parameter)
    {
        if (length > MaxContentBytes)
        {
            throw new ArgumentException($"The content takes {length} bytes; {MaxContentBytes} are allowed. Pass the hash of what is large.", parameter);
        }
    }
}
