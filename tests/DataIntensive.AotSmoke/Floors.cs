using System.Text;

namespace DataIntensive.AotSmoke;

/// <summary>One path through each floor. Each has a folder of its own, and throws when something is not as it should be.</summary>
internal static class Floors
{
    public static async Task LogsAsync(string folder)
    {
        await using (CommitLog log = await CommitLog.OpenAsync(folder))
        {
            for (int number = 1; number <= 3; number++)
            {
                await log.AppendAsync(Encoding.UTF8.GetBytes($"record {number}"));
            }
        }

        await using CommitLog reopened = await CommitLog.OpenAsync(folder);
        List<string> records = [];
        await foreach (var record in reopened.ReadAsync(follow: false))
        {
            records.Add(Encoding.UTF8.GetString(record.Body.Span));
        }

        Check.Equal("record 1, record 2, record 3", string.Join(", ", records));
    }

    public static async Task TransactionsAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, long>("balances").AddStore<Guid, decimal>("transfers");
        Guid transfer = Guid.Parse("2f1b6d0e-0000-4000-8000-000000000001");
        await using (Database database = await Database.OpenAsync(folder, schema))
        {
            ILinearizableStore<string, long> balances = database.Store<string, long>("balances");
            ILinearizableStore<Guid, decimal> transfers = database.Store<Guid, decimal>("transfers");
            await database.ExecuteAsync(transaction => balances.In(transaction).Write("ann", 100));
            await database.TransactAsync(transaction =>
            {
                balances.In(transaction).Update("ann", entry => entry.Value - 30);
                balances.In(transaction).Update("bob", entry => entry.Value + 30);
                transfers.In(transaction).Write(transfer, 30.50m);
                return ValueTask.CompletedTask;
            });
        }

        await using Database reopened = await Database.OpenAsync(folder, schema);
        Check.Equal(70, reopened.Store<string, long>("balances").Read("ann").Value);
        Check.Equal(30, reopened.Store<string, long>("balances").Read("bob").Value);
        Check.Equal(30.50m, reopened.Store<Guid, decimal>("transfers").Read(transfer).Value);
    }

    public static async Task StoresAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, Product>("products", Codecs.Json("product", SmokeJson.Default.Product));
        await using (Database database = await Database.OpenAsync(folder, schema))
        {
            ILinearizableStore<string, Product> products = database.Store<string, Product>("products");
            Revision first = await products.WriteAsync("a", new Product("apple", 1.25m, ["red"]));
            CompareAndSetResult<Product> set = await products.CompareAndSetAsync("a", first, new Product("apple", 1.50m, ["red", "green"]));
            CompareAndSetResult<Product> refused = await products.CompareAndSetAsync("a", first, new Product("pear", 0m, []));
            Check.Equal(true, set.Succeeded);
            Check.Equal(false, refused.Succeeded);
            await products.WriteAsync("b", new Product("bread", 2m, []));
            Check.Equal(true, await products.DeleteAsync("b"));
        }

        await using Database reopened = await Database.OpenAsync(folder, schema);
        StoreEntry<Product> apple = reopened.Store<string, Product>("products").Read("a");
        Check.Equal(2, apple.Version);
        Check.Equal("apple 1.50 red green", $"{apple.Value!.Name} {apple.Value.Price} {string.Join(' ', apple.Value.Colours)}");
        Check.Equal(false, reopened.Store<string, Product>("products").Read("b").Exists);
    }

    public static async Task ConsumersAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema().AddCheckpoints();
        await using (Database database = await Database.OpenAsync(folder, schema))
        {
            ICheckpointStore checkpoints = database.Checkpoints();
            await checkpoints.SaveAsync("consumer", new LogPosition(7));
            await checkpoints.SaveAsync("consumer", new LogPosition(3));
        }

        await using Database reopened = await Database.OpenAsync(folder, schema);
        Check.Equal(new LogPosition(7), await reopened.Checkpoints().ReadAsync("consumer"));
    }
}
