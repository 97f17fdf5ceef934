using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DataIntensive.Events;

namespace DataIntensive;

/// <summary>
/// Which types of events there are, what they are called in storage, and what becomes of older versions. A name stays for good; the type
/// may be renamed and moved.
/// </summary>
public sealed class EventMap
{
    internal const int MaxNameBytes = 256;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<EventType> _types = [];
    private readonly List<EventUpcaster> _upcasters = [];

    internal EventMap()
    {
    }

    /// <summary>Maps a type of events, stored as JSON by source-generated metadata: works under Native AOT.</summary>
    /// <typeparam name="T">The type. Events are told by exactly this type, so it is not abstract; treat its instances as immutable.</typeparam>
    /// <param name="name">What it is called in storage, for good: 1 to 256 bytes of UTF-8.</param>
    /// <param name="version">
    /// The version of its form that is written, from 1. Raise it when older programs could not read what is written. Several versions of a
    /// name may be mapped, each to a type of its own, when <see cref="Upcast{TOld}"/> says what becomes of all but the newest.
    /// </param>
    /// <param name="typeInfo">The metadata, from a <c>JsonSerializerContext</c>.</param>
    /// <param name="upgrade">
    /// Turns an event of an older version, which is not mapped itself, into this one; null when JSON of every version reads as it is.
    /// </param>
    /// <param name="tags">The tags by which such an event is found, besides those that it is appended with; null for none.</param>
    /// <exception cref="ArgumentException">The name's version or the type is mapped already, the name is too long, or the type is abstract.</exception>
    public EventMap Map<T>(string name, byte version, JsonTypeInfo<T> typeInfo, Func<JsonElement, byte, T>? upgrade = null, Func<T, IEnumerable<EventTag>>? tags = null)
        where T : notnull
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (Strict.GetByteCount(name) > MaxNameBytes)
        {
            throw new ArgumentException($"The event name '{name}' takes more than {MaxNameBytes} bytes.", nameof(name));
        }

        if (typeof(T).IsAbstract || typeof(T) == typeof(EventData) || typeof(T) == typeof(RawEvent))
        {
            throw new ArgumentException($"No event is of exactly the type {typeof(T)}. Map the types that events are of.");
        }

        foreach (EventType type in _types)
        {
            if ((type.Name == name && type.Version == version) || type.Type == typeof(T))
            {
                throw new ArgumentException($"Version {version} of '{name}' cannot be mapped to {typeof(T)}: version {type.Version} of '{type.Name}' is mapped to {type.Type} already.", nameof(name));
            }
        }

        _types.Add(new EventType<T>(name, Codecs.Json(name, typeInfo, version, upgrade), tags));
        return this;
    }

    /// <summary>Maps a type of events, stored as JSON by reflection: convenient, and not for trimmed or AOT-compiled applications.</summary>
    /// <inheritdoc cref="Map{T}(string, byte, JsonTypeInfo{T}, Func{JsonElement, byte, T}, Func{T, IEnumerable{EventTag}})"/>
    [RequiresUnreferencedCode("JSON by reflection needs members that trimming may remove. Pass a JsonTypeInfo instead.")]
    [RequiresDynamicCode("JSON by reflection may need code made at run time. Pass a JsonTypeInfo instead.")]
    public EventMap Map<T>(string name, byte version = 1, Func<JsonElement, byte, T>? upgrade = null, Func<T, IEnumerable<EventTag>>? tags = null)
        where T : notnull =>
        Map(name, version, (JsonTypeInfo<T>)JsonSerializerOptions.Default.GetTypeInfo(typeof(T)), upgrade, tags);

    /// <summary>Says which event every reader gets in place of an older one. What it leads to may be upcast further.</summary>
    /// <typeparam name="TOld">The mapped type of the older one.</typeparam>
    /// <typeparam name="TNew">The mapped type of the newer one.</typeparam>
    /// <param name="convert">Makes the newer one: always the same of the same.</param>
    /// <exception cref="ArgumentException"><typeparamref name="TOld"/> has an upcaster already.</exception>
    public EventMap Upcast<TOld, TNew>(Func<TOld, TNew> convert)
        where TOld : notnull
        where TNew : notnull
    {
        ArgumentNullException.ThrowIfNull(convert);
        return Upcast<TOld>(old => [convert(old)], typeof(TNew));
    }

    /// <summary>
    /// Says which events every reader gets in place of an older one: none, one or several, which share its version and position and are
    /// told apart by <see cref="RecordedEvent.SubIndex"/>. What it leads to may be upcast further.
    /// </summary>
    /// <typeparam name="TOld">The mapped type of the older one.</typeparam>
    /// <param name="convert">Makes the newer ones: always the same of the same, in the same order.</param>
    /// <param name="into">The mapped types of which there may be some among the newer ones, so that a query for these finds what is stored.</param>
    /// <exception cref="ArgumentException"><typeparamref name="TOld"/> has an upcaster already.</exception>
    public EventMap Upcast<TOld>(Func<TOld, IEnumerable<object>> convert, params IReadOnlyList<Type> into)
        where TOld : notnull
    {
        ArgumentNullException.ThrowIfNull(convert);
        ArgumentNullException.ThrowIfNull(into);
        if (_upcasters.Any(upcaster => upcaster.From == typeof(TOld)))
        {
            throw new ArgumentException($"{typeof(TOld)} has an upcaster already.");
        }

        _upcasters.Add(new EventUpcaster(typeof(TOld), data => convert((TOld)data), [.. into]));
        return this;
    }

    internal EventTypes Build() => new(_types, _upcasters);
}
