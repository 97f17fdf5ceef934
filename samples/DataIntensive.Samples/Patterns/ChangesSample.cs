using System.Text.Json.Serialization;

namespace DataIntensive.Samples.Patterns;

internal sealed record Product(string Name, decimal Price);

[JsonSerializable(typeof(Product))]
internal sealed partial class ProductJson : JsonSerializerContext;

/// <summary>Change capture instead of dual writes: a search index that follows a table, exactly once.</summary>
internal static class ChangesSample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DatabaseSchema schema = new DatabaseSchema()
            .AddTable<string, Product>("products", Codecs.Json("product", ProductJson.Default.Product))
            .AddStore<string, string>("index")
            .AddCheckpoints();
        await using Database database = await Database.OpenAsync(folder, schema, cancellationToken: cancellationToken);
        DatabaseChangeProducer<string, Product> products = database.Changes<string, Product>("products");
        DatabaseStore<string, string> index = database.Store<string, string>("index");

        Product lantern = new("Lantern", 2.55m);
        await products.InsertAsync("85123A", lantern, cancellationToken);
        await products.UpdateAsync("85123A", lantern, lantern with { Price = 2.75m }, cancellationToken);
        await products.InsertAsync("71053", new Product("Doormat", 7.95m), cancellationToken);
        await products.DeleteAsync("71053", new Product("Doormat", 7.95m), cancellationToken);

        // What the handler writes and how far the consumer has come are one commit.
        ChangeConsumer indexer = ChangeConsumer.Create(database, "indexer").On<string, Product>("products", (transaction, change) =>
        {
            output.WriteLine($"{change.Position}: {change.Operation} {change.Key} {change.Before?.Price} -> {change.After?.Price}");
            if (change.After is { } row)
            {
                index.In(transaction).Write(change.Key, $"{row.Name} at {row.Price}");
            }
            else
            {
                index.In(transaction).Delete(change.Key);
            }
        });
        await indexer.RunToEndAsync(cancellationToken);
        foreach ((string key, StoreEntry<string> entry) in index.ReadAll())
        {
            await output.WriteLineAsync($"index: {key} = {entry.Value}");
        }
    }
}
