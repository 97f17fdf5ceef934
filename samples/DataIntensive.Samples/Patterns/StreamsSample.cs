using DataIntensive.Streams;

namespace DataIntensive.Samples.Patterns;

internal sealed record Click(string Page, DateTimeOffset At);

/// <summary>Windows over event time: results do not depend on when the events arrive, as long as that is within the bound.</summary>
internal static class StreamsSample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DateTimeOffset noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
        Click[] clicks =
        [
            new("home", noon.AddSeconds(1)),
            new("shop", noon.AddSeconds(30)),
            new("home", noon.AddSeconds(70)),
            new("home", noon.AddSeconds(50)),
            new("shop", noon.AddSeconds(200)),
            new("home", noon.AddSeconds(2)),
        ];

        IAsyncEnumerable<WindowResult<string, long>> counts = DataStream.From(clicks)
            .WithTimestamps(click => click.At, Watermarks.BoundedOutOfOrderness(TimeSpan.FromSeconds(30)))
            .KeyBy(click => click.Page)
            .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
            .LateTo(late => output.WriteLine($"late: {late.Item.Page} at {late.Timestamp:HH:mm:ss}, the watermark was {late.Watermark:HH:mm:ss}"))
            .Aggregate(Aggregators.Count<Click>())
            .RunAsync(cancellationToken: cancellationToken);
        await foreach (WindowResult<string, long> count in counts)
        {
            await output.WriteLineAsync($"{count.Window.Start:HH:mm} {count.Key}: {count.Value}");
        }

        // Without keys and windows: the state after each record.
        IAsyncEnumerable<int> running = DataStream.From(new[] { 1, 2, 3 }).Process(0, (number, sum) => sum + number, cancellationToken);
        await output.WriteLineAsync($"running sums: {string.Join(", ", await running.ToListAsync(cancellationToken))}");
    }
}
