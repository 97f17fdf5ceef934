using System.Diagnostics;

namespace DataIntensive.Samples.Shop;

/// <summary>The main job from input to result: safe to kill at any moment and to start again.</summary>
internal sealed class ShopJob(string inputFile, string folder, int retryPercent, int seed)
{
    public Action<int> OnProgress { get; init; } = _ => { };

    public Action<ShopRow> OnRejected { get; init; } = _ => { };

    public async Task<(ShopResult Result, ShopRunFacts Run)> RunAsync(CancellationToken cancellationToken)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await using FileStream input = OpenInput();
        CheckHeader(input);
        await using ShopDatabase shop = await ShopDatabase.OpenAsync(folder, input, cancellationToken);
        long recordsBefore = shop.Database.Visible.Value;
        bool alreadyComplete = shop.End is not null;
        ShopIntake intake = new(shop, retryPercent, seed);
        ShopConsumers consumers = new(shop);

        TaskCompletionSource<int> allBooked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task top = consumers.RunTopProductsAsync(allBooked.Task, cancellationToken);
        await BookWhileStreamsFollowAsync(intake, consumers, input, cancellationToken);
        allBooked.SetResult(intake.Accepted);

        // Stopping the streams closed nothing; only now, at the end of the input, does what is open close.
        LogPosition end = await shop.MarkEndAsync(cancellationToken);
        await Task.WhenAll(consumers.RunHoursAsync(end, cancellationToken), consumers.RunSessionsAsync(end, cancellationToken), top);
        ShopResult result = await SumUpAsync(shop, intake, consumers, cancellationToken);
        ShopRunFacts facts = new(
            watch.ElapsedMilliseconds,
            intake.RetriesSubmitted,
            intake.RetriesAbsorbed,
            intake.ResumedAtRow,
            alreadyComplete,
            shop.Database.Visible.Value - recordsBefore);
        return (result, facts);
    }

    private async Task BookWhileStreamsFollowAsync(ShopIntake intake, ShopConsumers consumers, Stream input, CancellationToken cancellationToken)
    {
        using CancellationTokenSource allRead = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task streams = Task.WhenAll(consumers.RunHoursAsync(end: null, allRead.Token), consumers.RunSessionsAsync(end: null, allRead.Token));
        try
        {
            await intake.RunAsync(ShopCsv.Read(input), OnRejected, OnProgress, cancellationToken);
        }
        finally
        {
            await allRead.CancelAsync();
            await streams.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (streams.Exception is { } failure)
        {
            throw failure;
        }
    }

    // What needs no window is a fold over all events.
    private static async Task<ShopResult> SumUpAsync(ShopDatabase shop, ShopIntake intake, ShopConsumers consumers, CancellationToken cancellationToken)
    {
        HashSet<string> invoices = new(StringComparer.Ordinal);
        (decimal Net, decimal Gross) revenue = default;
        IAsyncEnumerable<(decimal Net, decimal Gross)> totals = DataStream
            .From(shop.Events.ReadAllAsync(cancellationToken: cancellationToken))
            .Select(recorded => (ShopEvent)recorded.Data)
            .Process(
                (Net: 0m, Gross: 0m),
                (line, sum) =>
                {
                    invoices.Add(line.InvoiceNo);
                    return (sum.Net + line.Revenue, sum.Gross + (line.Quantity > 0 ? line.Revenue : 0));
                },
                cancellationToken);
        await foreach ((decimal Net, decimal Gross) sum in totals)
        {
            revenue = sum;
        }

        return new ShopResult(
            intake.Rows,
            intake.Rejected,
            invoices.Count,
            invoices.Count(invoice => invoice.StartsWith('C')),
            revenue.Net,
            revenue.Gross,
            consumers.Hours,
            consumers.Sessions,
            consumers.Late,
            consumers.TopProducts);
    }

    private FileStream OpenInput()
    {
        try
        {
            return new FileStream(inputFile, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ShopInputException($"cannot read '{inputFile}': {exception.Message}");
        }
    }

    // Before the folder is touched: an input that is none leaves nothing behind.
    private static void CheckHeader(FileStream input)
    {
        using IEnumerator<ShopRow> rows = ShopCsv.Read(input).GetEnumerator();
        rows.MoveNext();
        input.Position = 0;
    }
}
