using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataIntensive.Benchmarks.Events;

internal sealed record ItemAdded(string Sku, int Quantity, decimal Price);

internal sealed record ItemRemoved(string Sku, int Quantity, decimal Price);

internal sealed record OrderPlaced(string Sku, int Quantity, decimal Price);

internal sealed record OrderPaid(string Sku, int Quantity, decimal Price);

internal sealed record OrderSent(string Sku, int Quantity, decimal Price);

[JsonSerializable(typeof(ItemAdded))]
[JsonSerializable(typeof(ItemRemoved))]
[JsonSerializable(typeof(OrderPlaced))]
[JsonSerializable(typeof(OrderPaid))]
[JsonSerializable(typeof(OrderSent))]
internal sealed partial class EventWorkload : JsonSerializerContext
{
    private static readonly ItemAdded[] Events = [.. Enumerable.Range(0, 1024).Select(i => new ItemAdded($"sku-{i * 7919 % 100_000:00000}", (i % 9) + 1, (i % 500) / 10m))];

    public static ItemAdded At(int number) => Events[number & 1023];

    // Of five types in no regular order, with a tag of which there are a hundred thousand.
    public static EventData MixedAt(int number)
    {
        ItemAdded item = At(number);
        uint mixed = (uint)number * 2_654_435_769;
        object data = ((mixed >> 16) % 5) switch
        {
            0 => item,
            1 => new ItemRemoved(item.Sku, item.Quantity, item.Price),
            2 => new OrderPlaced(item.Sku, item.Quantity, item.Price),
            3 => new OrderPaid(item.Sku, item.Quantity, item.Price),
            _ => new OrderSent(item.Sku, item.Quantity, item.Price),
        };
        return new EventData(data) { Tags = [$"customer:{(mixed >> 8) % 100_000}"] };
    }

    public static DatabaseSchema MixedSchema() => new DatabaseSchema().AddEvents(events => events
        .Map("item-added", 1, Default.ItemAdded)
        .Map("item-removed", 1, Default.ItemRemoved)
        .Map("order-placed", 1, Default.OrderPlaced)
        .Map("order-paid", 1, Default.OrderPaid)
        .Map("order-sent", 1, Default.OrderSent));

    public static byte[] Serialize(ItemAdded item) => JsonSerializer.SerializeToUtf8Bytes(item, Default.ItemAdded);

    public static ItemAdded Deserialize(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.ItemAdded)!;

    public static DatabaseSchema Schema(EventStoreOptions? options = null) => new DatabaseSchema().AddEvents(events => events.Map("item-added", 1, Default.ItemAdded), options: options);
}
