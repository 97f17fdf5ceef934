using DataIntensive;

namespace DataIntensive.Benchmarks.Databases;

/// <summary>A store in a <see cref="Database"/>: revisions, watches, transactions and all.</summary>
internal sealed class OurStore() : DurableStore("ours")
{
    private const string Hot = "hot";

    private Database? _database;

    public override async ValueTask OpenAsync(string folder, int keys, byte[] value)
    {
        DatabaseSchema schema = new DatabaseSchema().AddStore<int, byte[]>("values").AddStore<string, long>("counters");
        _database = await Database.OpenAsync(Path.Combine(folder, "ours"), schema);
        await DatabaseComparison.FillAsync(_database, "values", keys, value);
    }

    public override Func<ValueTask> NewWriter(Func<int> nextKey)
    {
        DatabaseStore<int, byte[]> store = _database!.Store<int, byte[]>("values");
        byte[] value = new byte[DatabaseComparison.ValueBytes];
        return async () => await store.WriteAsync(nextKey(), value);
    }

    public override Func<ValueTask>? NewHotWriter()
    {
        DatabaseStore<string, long> store = _database!.Store<string, long>("counters");
        return async () => await store.UpdateAsync(Hot, static entry => entry.Value + 1);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
