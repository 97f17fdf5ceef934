using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DataIntensive.Events;

namespace DataIntensive;

/// <summary>
/// Which types of events there are, and what they are called in storage. A name stays for good; the type may be renamed and moved.
/// </summary>
public sealed class EventMap
{
    private const int MaxNameBytes = 256;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<EventType> _types = [];

    internal EventMap()
    {
    }

    internal IReadOnlyList<EventType> Types => _types;

    /// <summary>Maps a type of events, stored as JSON by source-generated metadata: works under Native AOT.</summary>
    /// <typeparam name="T">The type. Events are told by exactly this type, so it is not abstract; treat its instances as immutable.</typeparam>
    /// <param name="name">What it is called in storage, for good: 1 to 256 bytes of UTF-8.</param>
    /// <param name="version">The version of its form that is written, from 1. Raise it when older programs could not read what is written.</param>
    /// <param name="typeInfo">The metadata, from a <c>JsonSerializerContext</c>.</param>
    /// <param name="upgrade">Turns an event of an older version into today's; null when JSON of every version reads as it is.</param>
    /// <exception cref="ArgumentException">The name or the type is mapped already, the name is too long, or the type is abstract.</exception>
    public EventMap Map<T>(string name, byte version, JsonTypeInfo<T> typeInfo, Func<JsonElement, byte, T>? upgrade = null)
        where T : notnull
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (Strict.GetByteCount(name) > MaxNameBytes)
        {
            throw new ArgumentException($"The event name '{name}' takes more than {MaxNameBytes} bytes.", nameof(name));
        }

        if (typeof(T).IsAbstract)
        {
            throw new ArgumentException($"{typeof(T)} is abstract, and no event is of exactly that type. Map the types that events are of.");
        }

        foreach (EventType type in _types)
        {
            if (type.Name == name || type.Type == typeof(T))
            {
                throw new ArgumentException($"The name '{name}' cannot be mapped to {typeof(T)}: '{type.Name}' is mapped to {type.Type} already.", nameof(name));
            }
        }

        _types.Add(new EventType<T>(name, Codecs.Json(name, typeInfo, version, upgrade)));
        return this;
    }

    /// <summary>Maps a type of events, stored as JSON by reflection: convenient, and not for trimmed or AOT-compiled applications.</summary>
    /// <inheritdoc cref="Map{T}(string, byte, JsonTypeInfo{T}, Func{JsonElement, byte, T})"/>
    [RequiresUnreferencedCode("JSON by reflection needs members that trimming may remove. Pass a JsonTypeInfo instead.")]
    [RequiresDynamicCode("JSON by reflection may need code made at run time. Pass a JsonTypeInfo instead.")]
    public EventMap Map<T>(string name, byte version = 1, Func<JsonElement, byte, T>? upgrade = null)
        where T : notnull =>
        Map(name, version, (JsonTypeInfo<T>)JsonSerializerOptions.Default.GetTypeInfo(typeof(T)), upgrade);
}
