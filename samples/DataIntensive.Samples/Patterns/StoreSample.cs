namespace DataIntensive.Samples.Patterns;

/// <summary>A linearizable store: one copy of every value, whoever asks; durable when the write returns.</summary>
internal static class StoreSample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, int>("stock");
        await using Database database = await Database.OpenAsync(folder, schema, cancellationToken: cancellationToken);
        DatabaseStore<string, int> stock = database.Store<string, int>("stock");
        IAsyncEnumerable<StoreChange<string, int>> watch = stock.WatchAsync(cancellationToken: cancellationToken);

        Revision first = await stock.WriteAsync("apple", 5, cancellationToken);
        await output.WriteLineAsync($"apple: {stock.Read("apple").Value}");

        // A client that read an old revision is told so, and nothing is lost.
        await stock.UpdateAsync("apple", entry => entry.Value - 1, cancellationToken);
        CompareAndSetResult<int> stale = await stock.CompareAndSetAsync("apple", first, 100, cancellationToken);
        await output.WriteLineAsync($"stale compare-and-set: {(stale.Succeeded ? "set" : "refused")}, apple is {stale.Current.Value}");

        // Many increments of one hot key share their fsyncs: the functions run one after another, not one a disk write.
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => stock.UpdateAsync("hot", entry => entry.Value + 1, cancellationToken).AsTask()));
        await output.WriteLineAsync($"hot: {stock.Read("hot").Value} after 100 updates at once");

        await foreach (StoreChange<string, int> change in watch.Take(2).WithCancellation(cancellationToken))
        {
            await output.WriteLineAsync($"watched: {change.Key} = {change.Value}");
        }
    }
}
