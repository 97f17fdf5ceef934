using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataIntensive.Benchmarks.Events;

internal sealed record ItemAdded(string Sku, int Quantity, decimal Price);

[JsonSerializable(typeof(ItemAdded))]
internal sealed partial class EventWorkload : JsonSerializerContext
{
    private static readonly ItemAdded[] Events = [.. Enumerable.Range(0, 1024).Select(i => new ItemAdded($"sku-{i * 7919 % 100_000:00000}", (i % 9) + 1, (i % 500) / 10m))];

    public static ItemAdded At(int number) => Events[number & 1023];

    public static byte[] Serialize(ItemAdded item) => JsonSerializer.SerializeToUtf8Bytes(item, Default.ItemAdded);

    public static ItemAdded Deserialize(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.ItemAdded)!;

    public static DatabaseSchema Schema(EventStoreOptions? options = null) => new DatabaseSchema().AddEvents(events => events.Map("item-added", 1, Default.ItemAdded), options: options);
}
