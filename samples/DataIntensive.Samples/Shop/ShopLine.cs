namespace DataIntensive.Samples.Shop;

/// <summary>One line of an invoice that can be booked.</summary>
internal sealed record ShopLine(
    string InvoiceNo,
    string StockCode,
    string Description,
    int Quantity,
    DateTimeOffset At,
    decimal UnitPrice,
    string CustomerId,
    string Country);

/// <summary>One data row of the input: a line, or why it was rejected.</summary>
/// <param name="Number">Its ordinal among the data rows, from 1.</param>
/// <param name="FileLine">The physical line where it starts, from 1.</param>
/// <param name="Line">The line; null when it was rejected.</param>
/// <param name="Reason">Why it was rejected; null when it was not.</param>
internal readonly record struct ShopRow(int Number, long FileLine, ShopLine? Line, string? Reason);
