using System.Globalization;
using System.Text;

namespace DataIntensive.Benchmarks.Log;

/// <summary>The result as a markdown table: medians, and between which quarters of the rounds our own ratio lay.</summary>
internal sealed class ComparisonTable(List<Contender> contenders)
{
    private readonly List<string> _lines = [];

    public void Add(LogWorkload row, Dictionary<Contender, List<Sample>> samples)
    {
        Contender bare = contenders[0];
        IEnumerable<string> cells = contenders.Select(contender => samples.TryGetValue(contender, out List<Sample>? own)
            ? row.ShowsAllocation ? Allocation(own) : contender == bare ? Rate(own) : Ratio(own, samples[bare], contender is OurContender)
            : "–");
        _lines.Add($"| {row.Name} | {string.Join(" | ", cells)} |");
    }

    public override string ToString()
    {
        StringBuilder text = new();
        text.Append("| work | ").AppendJoin(" | ", contenders.Select(contender => $"{contender.Name} ({contender.Promise})")).AppendLine(" |");
        text.Append('|').Insert(text.Length, "---|", contenders.Count + 1).AppendLine();
        return text.AppendJoin(Environment.NewLine, _lines).ToString();
    }

    private static string Rate(List<Sample> samples) =>
        Quantile(samples.Select(sample => sample.PerSecond), 0.5) switch
        {
            >= 1e6 and var rate => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:0.00} M/s"),
            >= 1e4 and var rate => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e3:0} k/s"),
            var rate => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e3:0.0} k/s"),
        };

    private static string Allocation(List<Sample> samples) =>
        string.Create(CultureInfo.InvariantCulture, $"{Quantile(samples.Select(sample => sample.BytesAllocated), 0.5):0} B");

    private static string Ratio(List<Sample> samples, List<Sample> bare, bool withSpread)
    {
        double[] ratios = [.. samples.Zip(bare, (own, other) => own.PerSecond / other.PerSecond)];
        double median = Quantile(ratios, 0.5);
        string shown = string.Create(CultureInfo.InvariantCulture, $"{median:0.00}×");
        return withSpread
            ? string.Create(CultureInfo.InvariantCulture, $"**{shown}** ({Quantile(ratios, 0.25):0.00}–{Quantile(ratios, 0.75):0.00})")
            : shown;
    }

    private static double Quantile(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        double place = part * (sorted.Length - 1);
        int below = (int)place;
        return below + 1 < sorted.Length
            ? sorted[below] + ((sorted[below + 1] - sorted[below]) * (place - below))
            : sorted[below];
    }
}
