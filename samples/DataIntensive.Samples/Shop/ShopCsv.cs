using System.Globalization;
using System.Numerics;
using CsvHelper;

namespace DataIntensive.Samples.Shop;

/// <summary>Reads the UCI Online Retail layout.</summary>
internal static class ShopCsv
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    // A decimal keeps 28 digits. With so many for one row, the sums of ten thousand rows are still exact.
    private const int MostDecimals = 10;
    private const int MostWholeDigits = 14;

    public static readonly string[] Layout = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];

    /// <exception cref="ShopInputException">The header is not the layout.</exception>
    public static IEnumerable<ShopRow> Read(Stream stream)
    {
        using CsvReader csv = CsvReader.Create(stream, new CsvReaderOptions { HasHeader = false, TrackLineNumbers = true }, leaveOpen: true);
        if (!csv.Read() || !FieldsOf(csv).SequenceEqual(Layout, StringComparer.Ordinal))
        {
            throw new ShopInputException($"the header is not '{string.Join(',', Layout)}'");
        }

        int number = 0;
        while (csv.Read())
        {
            string[] fields = FieldsOf(csv);
            string? reason = TryParse(fields, out ShopLine? line);
            yield return new ShopRow(++number, csv.LineNumber, line, reason);
        }
    }

    private static string? TryParse(string[] fields, out ShopLine? line)
    {
        line = null;
        if (fields.Length != Layout.Length)
        {
            return $"{fields.Length} fields, {Layout.Length} are expected";
        }

        string invoice = fields[0];
        string stockCode = fields[1];
        if (invoice.Length == 0)
        {
            return "the invoice number is empty";
        }

        if (stockCode.Length == 0)
        {
            return "the stock code is empty";
        }

        if (!TryParseQuantity(fields[3], out int quantity))
        {
            return $"the quantity '{fields[3]}' is not a whole number of 32 bits";
        }

        if (quantity == 0)
        {
            return "the quantity is 0";
        }

        if (fields[4].Length != 20
            || !DateTimeOffset.TryParseExact(fields[4], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at))
        {
            return $"the date '{fields[4]}' is not of the form yyyy-MM-ddTHH:mm:ssZ";
        }

        if (!TryParsePrice(fields[5], out decimal price))
        {
            return $"the price '{fields[5]}' is not a plain decimal number";
        }

        if (!IsExact(fields[5], quantity))
        {
            return $"the price '{fields[5]}' times {quantity} has more than {MostWholeDigits} digits before the point or {MostDecimals} behind it";
        }

        line = new ShopLine(invoice, stockCode, fields[2], quantity, at, price, fields[6], fields[7]);
        return null;
    }

    // The framework's own parsers also take white space, zero bytes and separators; the layout does not.
    private static bool TryParseQuantity(string text, out int quantity)
    {
        quantity = 0;
        ReadOnlySpan<char> digits = text.AsSpan(text.StartsWith('-') || text.StartsWith('+') ? 1 : 0);
        return IsDigits(digits) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out quantity);
    }

    private static bool TryParsePrice(string text, out decimal price)
    {
        price = 0;
        ReadOnlySpan<char> unsigned = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        int point = unsigned.IndexOf('.');
        bool plain = point < 0 ? IsDigits(unsigned) : IsDigits(unsigned[..point]) && IsDigits(unsigned[(point + 1)..]);
        return plain && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out price);
    }

    // A decimal would round what has too many digits, silently.
    private static bool IsExact(string price, int quantity)
    {
        int point = price.IndexOf('.', StringComparison.Ordinal);
        int decimals = point < 0 ? 0 : price.AsSpan(point + 1).TrimEnd('0').Length;
        BigInteger whole = BigInteger.Parse(point < 0 ? price : price[..point], CultureInfo.InvariantCulture);
        return decimals <= MostDecimals && (BigInteger.Abs(whole) + 1) * Math.Abs((long)quantity) < BigInteger.Pow(10, MostWholeDigits);
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');

    private static string[] FieldsOf(CsvReader csv)
    {
        string[] fields = new string[csv.FieldCount];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = csv.GetString(i);
        }

        return fields;
    }
}
