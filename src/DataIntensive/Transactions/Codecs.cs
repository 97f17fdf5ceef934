using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DataIntensive.Transactions;

namespace DataIntensive;

/// <summary>The codecs that come with the library.</summary>
public static class Codecs
{
    /// <summary>UTF-8 text. Unpaired surrogates are refused with an <see cref="ArgumentException"/>.</summary>
    public static ICodec<string> String { get; } = new StringCodec();

    /// <summary>A truth value, 1 byte: 0 or 1.</summary>
    public static ICodec<bool> Boolean { get; } = new BooleanCodec();

    /// <summary>A 32-bit integer, 4 bytes little-endian.</summary>
    public static ICodec<int> Int32 { get; } = new Int32Codec();

    /// <summary>A 64-bit integer, 8 bytes little-endian.</summary>
    public static ICodec<long> Int64 { get; } = new Int64Codec();

    /// <summary>An exact decimal, 16 bytes; the number of decimal places is kept.</summary>
    public static ICodec<decimal> Decimal { get; } = new DecimalCodec();

    /// <summary>A GUID, 16 bytes in network order.</summary>
    public static ICodec<Guid> Guid { get; } = new GuidCodec();

    /// <summary>Bytes as they are.</summary>
    public static ICodec<byte[]> Bytes { get; } = new BytesCodec();

    /// <summary>JSON by source-generated metadata: works under Native AOT.</summary>
    /// <param name="name">What the type is called in storage, for good; not a CLR name.</param>
    /// <param name="typeInfo">The metadata, from a <c>JsonSerializerContext</c>.</param>
    /// <param name="version">The version that is written. Default 1.</param>
    /// <param name="upgrade">Turns a value that an older version wrote into today's; null when JSON of every version reads as it is.</param>
    public static ICodec<T> Json<T>(string name, JsonTypeInfo<T> typeInfo, byte version = 1, Func<JsonElement, byte, T>? upgrade = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(typeInfo);
        ArgumentOutOfRangeException.ThrowIfZero(version);
        return new JsonCodec<T>(name, typeInfo, version, upgrade);
    }

    /// <summary>JSON by reflection: convenient, and not for trimmed or AOT-compiled applications.</summary>
    /// <inheritdoc cref="Json{T}(string, JsonTypeInfo{T}, byte, Func{JsonElement, byte, T})"/>
    [RequiresUnreferencedCode("JSON by reflection needs members that trimming may remove. Pass a JsonTypeInfo instead.")]
    [RequiresDynamicCode("JSON by reflection may need code made at run time. Pass a JsonTypeInfo instead.")]
    public static ICodec<T> Json<T>(string name, byte version = 1, Func<JsonElement, byte, T>? upgrade = null) =>
        Json(name, (JsonTypeInfo<T>)JsonSerializerOptions.Default.GetTypeInfo(typeof(T)), version, upgrade);

    /// <summary>The codec of a type that has one of its own here.</summary>
    /// <exception cref="ArgumentException">The type has none: pass a codec, for example <see cref="Json{T}(string, JsonTypeInfo{T}, byte, Func{JsonElement, byte, T})"/>.</exception>
    public static ICodec<T> Default<T>() =>
        ((object?)null
            ?? (typeof(T) == typeof(string) ? String : null)
            ?? (typeof(T) == typeof(bool) ? Boolean : null)
            ?? (typeof(T) == typeof(int) ? Int32 : null)
            ?? (typeof(T) == typeof(long) ? Int64 : null)
            ?? (typeof(T) == typeof(decimal) ? Decimal : null)
            ?? (typeof(T) == typeof(Guid) ? Guid : null)
            ?? (object?)(typeof(T) == typeof(byte[]) ? Bytes : null)) as ICodec<T>
        ?? throw new ArgumentException($"There is no built-in codec for {typeof(T)}. Pass one, for example {nameof(Codecs)}.{nameof(Json)}.");
}
