using System.Globalization;
using System.Text.Json;

namespace DataIntensive.Samples.Shop;

/// <summary>How much of a product went out.</summary>
internal sealed record ProductQuantity(string StockCode, long Quantity);

/// <summary>One country in one hour.</summary>
internal sealed record HourResult(DateTimeOffset Hour, string Country, decimal Revenue, long Lines);

/// <summary>What the main job finds out: the same for the same input, however often it was killed and started again.</summary>
internal sealed record ShopResult(
    int Rows,
    int Rejected,
    int Invoices,
    int CancelledInvoices,
    decimal NetRevenue,
    decimal GrossRevenue,
    IReadOnlyList<HourResult> Hours,
    long Sessions,
    long Late,
    IReadOnlyList<ProductQuantity> TopProducts);

/// <summary>What depends on this run.</summary>
internal sealed record ShopRunFacts(long Milliseconds, int RetriesSubmitted, int RetriesAbsorbed, int ResumedAtRow, bool AlreadyComplete, long Records);

internal static class ShopJsonOutput
{
    public static void Write(Stream output, ShopResult result, ShopRunFacts run)
    {
        using Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("result");
        json.WriteNumber("rows", result.Rows);
        json.WriteNumber("rejected", result.Rejected);
        json.WriteNumber("invoices", result.Invoices);
        json.WriteNumber("cancelledInvoices", result.CancelledInvoices);
        json.WriteNumber("netRevenue", result.NetRevenue);
        json.WriteNumber("grossRevenue", result.GrossRevenue);
        json.WriteStartArray("hours");
        foreach (HourResult hour in result.Hours)
        {
            json.WriteStartObject();
            json.WriteString("hour", hour.Hour.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteString("country", hour.Country);
            json.WriteNumber("revenue", hour.Revenue);
            json.WriteNumber("lines", hour.Lines);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("sessions", result.Sessions);
        json.WriteNumber("late", result.Late);
        json.WriteStartArray("topProducts");
        foreach (ProductQuantity product in result.TopProducts)
        {
            json.WriteStartObject();
            json.WriteString("stockCode", product.StockCode);
            json.WriteNumber("quantity", product.Quantity);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        json.WriteStartObject("run");
        json.WriteNumber("milliseconds", run.Milliseconds);
        json.WriteNumber("retriesSubmitted", run.RetriesSubmitted);
        json.WriteNumber("retriesAbsorbed", run.RetriesAbsorbed);
        json.WriteNumber("resumedAtRow", run.ResumedAtRow);
        json.WriteBoolean("alreadyComplete", run.AlreadyComplete);
        json.WriteNumber("records", run.Records);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }
}
