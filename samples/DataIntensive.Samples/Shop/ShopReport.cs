using System.Globalization;
using Spectre.Console;

namespace DataIntensive.Samples.Shop;

/// <summary>The result as tables for a person.</summary>
internal static class ShopReport
{
    private const int MostHours = 24;

    public static void Print(IAnsiConsole console, ShopResult result, ShopRunFacts run)
    {
        Table totals = new Table().Title("The day").HideHeaders().AddColumns("what", "value");
        totals.Columns[1].RightAligned();
        totals.AddRow("rows", Number(result.Rows));
        totals.AddRow("rejected", Number(result.Rejected));
        totals.AddRow("invoices", Number(result.Invoices));
        totals.AddRow("cancelled invoices", Number(result.CancelledInvoices));
        totals.AddRow("net revenue", Money(result.NetRevenue));
        totals.AddRow("gross revenue", Money(result.GrossRevenue));
        totals.AddRow("sessions", Number(result.Sessions));
        totals.AddRow("late for their hour", Number(result.Late));
        console.Write(totals);

        Table hours = new Table().Title("Revenue by hour and country").AddColumns("hour", "country", "revenue", "lines");
        hours.Columns[2].RightAligned();
        hours.Columns[3].RightAligned();
        foreach (HourResult hour in result.Hours.Take(MostHours))
        {
            hours.AddRow(
                hour.Hour.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                Markup.Escape(hour.Country),
                Money(hour.Revenue),
                Number(hour.Lines));
        }

        if (result.Hours.Count > MostHours)
        {
            hours.Caption($"and {result.Hours.Count - MostHours} more: --json prints all");
        }

        console.Write(hours);

        Table products = new Table().Title("Top products").AddColumns("stock code", "quantity");
        products.Columns[1].RightAligned();
        foreach (ProductQuantity product in result.TopProducts)
        {
            products.AddRow(Markup.Escape(product.StockCode), Number(product.Quantity));
        }

        console.Write(products);
        console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"{run.Milliseconds} ms; {(run.AlreadyComplete ? "all rows were booked before" : $"from row {run.ResumedAtRow}")}; {run.RetriesAbsorbed} of {run.RetriesSubmitted} retries absorbed; every row a durable commit.");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Money(decimal value) => value.ToString("N2", CultureInfo.InvariantCulture);
}
