using System.Text.Json.Serialization;

namespace DataIntensive.Samples.Shop;

/// <summary>What happened to one line of an invoice.</summary>
internal abstract record ShopEvent(string InvoiceNo, string StockCode, int Quantity, decimal UnitPrice, DateTimeOffset At, string CustomerId, string Country)
{
    public decimal Revenue => Quantity * UnitPrice;
}

/// <summary>Goods went out.</summary>
internal sealed record LineSold(string InvoiceNo, string StockCode, int Quantity, decimal UnitPrice, DateTimeOffset At, string CustomerId, string Country)
    : ShopEvent(InvoiceNo, StockCode, Quantity, UnitPrice, At, CustomerId, Country);

/// <summary>Goods came back: the quantity is negative.</summary>
internal sealed record LineReturned(string InvoiceNo, string StockCode, int Quantity, decimal UnitPrice, DateTimeOffset At, string CustomerId, string Country)
    : ShopEvent(InvoiceNo, StockCode, Quantity, UnitPrice, At, CustomerId, Country);

/// <summary>Revenue and lines of one country in one hour.</summary>
internal sealed record HourTotals(decimal Revenue, long Lines);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(LineSold))]
[JsonSerializable(typeof(LineReturned))]
[JsonSerializable(typeof(HourTotals))]
[JsonSerializable(typeof(List<ProductQuantity>))]
internal sealed partial class ShopJson : JsonSerializerContext;
