using System.Globalization;

namespace DataIntensive.Samples.Shop;

/// <summary>Makes up a day of business, the same for the same seed, so that a fresh machine needs no file.</summary>
internal static class ShopDay
{
    private static readonly string[] Countries = ["United Kingdom", "United Kingdom", "United Kingdom", "France", "Germany", "EIRE", "Norway"];
    private static readonly string[] Things = ["LANTERN", "MUG", "TEA TOWEL", "DOORMAT", "CANDLE, SCENTED", "CAKE STAND", "\"HOME\" SIGN", "UMBRELLA"];
    private static readonly string[] Colours = ["RED", "WHITE", "BLUE", "VINTAGE", "GREEN"];

    public static void Write(string file, int seed, int rows)
    {
        Random random = new(seed);
        using StreamWriter writer = new(file) { NewLine = "\n" };
        writer.WriteLine(string.Join(',', ShopCsv.Layout));
        DateTimeOffset time = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
        int invoice = 600_000;
        int written = 0;
        while (written < rows)
        {
            time += TimeSpan.FromSeconds(random.Next(20, 400) * 2_000.0 / rows);
            bool isReturn = random.Next(12) == 0;
            string number = (isReturn ? "C" : "") + invoice++.ToString(CultureInfo.InvariantCulture);
            string customer = random.Next(8) == 0 ? "" : (12_000 + random.Next(120)).ToString(CultureInfo.InvariantCulture);
            string country = Countries[random.Next(Countries.Length)];

            // A few invoices arrive late, some of them after their hour has closed.
            DateTimeOffset at = random.Next(25) == 0 ? time - TimeSpan.FromMinutes(random.Next(150)) : time;
            for (int lines = random.Next(1, 15); lines > 0 && written < rows; lines--, written++)
            {
                int product = (int)(60 * random.NextDouble() * random.NextDouble());
                int quantity = random.Next(1, 25) * (isReturn ? -1 : 1);
                string description = $"{Colours[product % Colours.Length]} {Things[product % Things.Length]}";
                decimal price = ((product * 37 % 900) + 45) / 100m;
                writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{number},{20_000 + product},\"{description.Replace("\"", "\"\"", StringComparison.Ordinal)}\",{quantity},{at:yyyy-MM-dd'T'HH:mm:ss'Z'},{price:0.00},{customer},{country}"));
            }
        }
    }
}
