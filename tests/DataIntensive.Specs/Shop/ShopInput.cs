using System.Globalization;
using System.Text;

namespace DataIntensive.Specs.Shop;

/// <summary>Makes input for the shop, in disorder and with rejected rows, the same for the same seed.</summary>
internal static class ShopInput
{
    public const string Header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

    public static string Generate(int seed, int rows)
    {
        Random random = new(seed);
        StringBuilder csv = new(Header + "\n");
        DateTimeOffset time = new(2026, 1, 5, 7, 0, 0, TimeSpan.Zero);
        for (int row = 0; row < rows; row++)
        {
            time += TimeSpan.FromSeconds(random.Next(60));
            DateTimeOffset at = time - TimeSpan.FromMinutes(random.Next(10) == 0 ? random.Next(200) : 0);
            int quantity = random.Next(-3, 20);
            string customer = random.Next(5) == 0 ? "" : (100 + random.Next(40)).ToString(CultureInfo.InvariantCulture);
            csv.Append(CultureInfo.InvariantCulture, $"{(quantity < 0 ? "C" : "")}{5000 + (row / 7)},P{random.Next(60)},\"a, \"\"b\"\"\",{quantity},{at:yyyy-MM-dd'T'HH:mm:ss'Z'},{random.Next(1, 1000) / 100m},{customer},{(random.Next(3) == 0 ? "France" : "Norway")}\n");
        }

        return csv.ToString();
    }
}
