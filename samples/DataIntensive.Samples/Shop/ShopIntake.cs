namespace DataIntensive.Samples.Shop;

/// <summary>Books the rows of the input: one transaction a row, many of them in flight together, in row order.</summary>
internal sealed class ShopIntake(ShopDatabase shop, int retryPercent, int seed)
{
    private const int MostInFlight = 512;
    private const string Operation = "shop.line";

    private readonly Random _random = new(seed);
    private readonly Queue<Task<IdempotencyOutcome>> _inFlight = new();

    public int Rows { get; private set; }

    public int Rejected { get; private set; }

    public int RetriesSubmitted { get; private set; }

    public int RetriesAbsorbed { get; private set; }

    public int ResumedAtRow { get; private set; }

    public int Accepted => Rows - Rejected;

    public async Task RunAsync(IEnumerable<ShopRow> rows, Action<ShopRow> onRejected, Action<int> onProgress, CancellationToken cancellationToken)
    {
        int booked = shop.ReadUpTo;
        ResumedAtRow = booked + 1;
        foreach (ShopRow row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Rows++;
            if (row.Line is not { } line)
            {
                Rejected++;
                onRejected(row);
                continue;
            }

            if (row.Number <= booked)
            {
                continue;
            }

            _inFlight.Enqueue(BookAsync(row.Number, line, cancellationToken));
            if (_random.Next(100) < retryPercent)
            {
                // An impatient client: the same row again, without waiting for the first answer.
                RetriesSubmitted++;
                _inFlight.Enqueue(BookAsync(row.Number, line, cancellationToken));
            }

            await SettleAsync(MostInFlight);
            onProgress(row.Number);
        }

        await SettleAsync(0);
    }

    private async Task SettleAsync(int most)
    {
        while (_inFlight.Count > most)
        {
            if (await _inFlight.Dequeue() == IdempotencyOutcome.Replayed)
            {
                RetriesAbsorbed++;
            }
        }
    }

    // The event, the stock, the idempotency key and the progress are one commit: there is no moment at which only some of them are there.
    private Task<IdempotencyOutcome> BookAsync(int row, ShopLine line, CancellationToken cancellationToken) =>
        shop.Database.ExecuteAsync(
            transaction => shop.Keys.In(transaction).Once(IdempotencyKey.Create(Operation, row), () =>
            {
                shop.Events.In(transaction).Append($"invoice-{line.InvoiceNo}", ExpectedVersion.Any, EventOf(line)).OrThrow();
                shop.Stock.In(transaction).Update(line.StockCode, entry => entry.Value + line.Quantity);
                shop.MarkRead(transaction, row);
            }),
            cancellationToken: cancellationToken).AsTask();

    private static ShopEvent EventOf(ShopLine line) =>
        line.Quantity > 0
            ? new LineSold(line.InvoiceNo, line.StockCode, line.Quantity, line.UnitPrice, line.At, line.CustomerId, line.Country)
            : new LineReturned(line.InvoiceNo, line.StockCode, line.Quantity, line.UnitPrice, line.At, line.CustomerId, line.Country);
}
