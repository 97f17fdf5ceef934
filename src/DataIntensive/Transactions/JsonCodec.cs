using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DataIntensive.Transactions;

internal sealed class JsonCodec<T>(string name, JsonTypeInfo<T> typeInfo, byte currentVersion, Func<JsonElement, byte, T>? upgrade) : ICodec<T>
{
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public string Name { get; } = "json:" + name;

    public byte Version => currentVersion;

    public void Write(T value, IBufferWriter<byte> destination)
    {
        // Taken, not borrowed: a converter may come back here for a nested value.
        Utf8JsonWriter writer = _writer ?? new Utf8JsonWriter(destination);
        _writer = null;
        writer.Reset(destination);
        JsonSerializer.Serialize(writer, value, typeInfo);
        writer.Flush();
        _writer = writer;
    }

    public T Read(ReadOnlySpan<byte> source, byte version)
    {
        if (version == currentVersion || upgrade is null)
        {
            return JsonSerializer.Deserialize(source, typeInfo)!;
        }

        Utf8JsonReader reader = new(source);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return upgrade(document.RootElement, version);
    }
}
