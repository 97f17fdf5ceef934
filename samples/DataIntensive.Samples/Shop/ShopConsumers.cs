using System.Globalization;
using DataIntensive.Streams;

namespace DataIntensive.Samples.Shop;

/// <summary>What is derived from the booked rows while they come in, each with its position in the commit of its results.</summary>
internal sealed class ShopConsumers(ShopDatabase shop)
{
    private const string HourFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string LateKey = "late";
    private const string SessionsKey = "sessions";
    private const string TopKey = "top";
    private const string TopConsumer = "top-products";
    private const int TopCount = 10;

    public long Late => shop.Totals.Read(LateKey).Value;

    public long Sessions => shop.Totals.Read(SessionsKey).Value;

    public IReadOnlyList<ProductQuantity> TopProducts => shop.Top.Read(TopKey).Value ?? [];

    public IReadOnlyList<HourResult> Hours =>
    [
        .. shop.Hours.ReadAll()
            .Select(entry => new HourResult(
                DateTimeOffset.ParseExact(entry.Key[..20], HourFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
                entry.Key[20..],
                entry.Value.Value!.Revenue,
                entry.Value.Value.Lines))
            .OrderBy(hour => hour.Hour)
            .ThenBy(hour => hour.Country, StringComparer.Ordinal),
    ];

    // One watermark over all accepted rows, before any filter: the newest time so far less an hour.
    private TimedStream<ShopEvent> Lines => DataStream
        .FromEvents(shop.Events)
        .Select(recorded => (ShopEvent)recorded.Data)
        .WithTimestamps(line => line.At, Watermarks.BoundedOutOfOrderness(TimeSpan.FromHours(1)));

    /// <summary>Revenue and lines per country and hour.</summary>
    public Task RunHoursAsync(LogPosition? end, CancellationToken cancellationToken) => Lines
        .KeyBy(line => line.Country)
        .Window(Windows.Tumbling(TimeSpan.FromHours(1)))
        .Aggregate(Aggregators.Combine(Aggregators.Sum<ShopEvent>(line => line.Revenue), Aggregators.Count<ShopEvent>()))
        .RunAsync(
            shop.Database,
            "hours",
            new StreamRunOptions { EndAfter = end },
            (transaction, hour) => shop.Hours.In(transaction).Write(
                hour.Window.Start.ToString(HourFormat, CultureInfo.InvariantCulture) + hour.Key,
                new HourTotals(hour.Value.First, hour.Value.Second)),
            (transaction, _) => shop.Totals.In(transaction).Update(LateKey, late => late.Value + 1),
            cancellationToken);

    /// <summary>Sessions per customer: rows less than 30 minutes apart belong together.</summary>
    public Task RunSessionsAsync(LogPosition? end, CancellationToken cancellationToken) => Lines
        .Where(line => line.CustomerId.Length > 0)
        .KeyBy(line => line.CustomerId)
        .Window(Windows.Session(TimeSpan.FromMinutes(30)))
        .Aggregate(Aggregators.Count<ShopEvent>())
        .RunAsync(
            shop.Database,
            "sessions",
            new StreamRunOptions { EndAfter = end },
            (transaction, _) => shop.Totals.In(transaction).Update(SessionsKey, sessions => sessions.Value + 1),
            cancellationToken: cancellationToken);

    /// <summary>Watches the stock and keeps the products of which most went out.</summary>
    /// <param name="allBooked">Tells, once it is known, how many changes there are in all: one for each accepted row.</param>
    /// <param name="cancellationToken">Stops the watch.</param>
    public async Task RunTopProductsAsync(Task<int> allBooked, CancellationToken cancellationToken)
    {
        // The watch starts at the beginning of the history each time: the ranking is derived, and the log is what it derives from.
        Dictionary<string, long> quantities = new(StringComparer.Ordinal);
        Revision newest = Revision.None;
        int seen = 0;
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IAsyncEnumerator<StoreChange<string, long>> changes = shop.Stock.WatchAsync(Revision.None, done.Token).GetAsyncEnumerator(done.Token);
        Task<bool> next = changes.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                if (!next.IsCompleted)
                {
                    await SaveTopAsync(quantities, newest, cancellationToken);
                    await Task.WhenAny(next, allBooked);
                    if (!next.IsCompleted && seen == await allBooked)
                    {
                        return;
                    }
                }

                if (!await next)
                {
                    return;
                }

                quantities[changes.Current.Key] = changes.Current.Value;
                newest = changes.Current.Revision;
                seen++;
                next = changes.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            await done.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await changes.DisposeAsync();
        }
    }

    private async Task SaveTopAsync(Dictionary<string, long> quantities, Revision newest, CancellationToken cancellationToken)
    {
        DatabaseCheckpointStore checkpoints = shop.Database.Checkpoints();
        LogPosition position = new(newest.Value);
        if (position <= checkpoints.Read(TopConsumer))
        {
            return;
        }

        List<ProductQuantity> top = TopOf(quantities);
        await shop.Database.ExecuteAsync(
            transaction =>
            {
                shop.Top.In(transaction).Write(TopKey, top);
                checkpoints.Save(transaction, TopConsumer, position);
            },
            cancellationToken: cancellationToken);
    }

    private static List<ProductQuantity> TopOf(Dictionary<string, long> quantities) =>
    [
        .. quantities
            .OrderByDescending(product => product.Value)
            .ThenBy(product => product.Key, StringComparer.Ordinal)
            .Take(TopCount)
            .Select(product => new ProductQuantity(product.Key, product.Value)),
    ];
}
