using DataIntensive.Storage;

namespace DataIntensive.Specs.Changes;

/// <summary>A search index kept by consumers that stop, fail and start again at random equals the table that it is derived from.</summary>
public sealed class DerivedViewSpecs
{
    private const string Index = "index";

    private enum Step
    {
        // Sets rows of both tables in one transaction, inserting, updating or deleting as the model says.
        Write,
        RunToEnd,
        FailOnce,
        CancelOnce,
        ReopenDatabase,
    }

    private static DatabaseSchema Schema => new DatabaseSchema()
        .AddTable<int, int>("products")
        .AddTable<int, int>("stock")
        .AddStore<string, int>(Index)
        .AddStore<string, long>("deliveries")
        .AddCheckpoints();

    private static Gen<(Step Step, int[] Keys, int At)[]> Histories { get; } =
        Gen.Select(
            Gen.Frequency((6, Gen.Const(Step.Write)), (2, Gen.Const(Step.RunToEnd)), (2, Gen.Const(Step.FailOnce)), (1, Gen.Const(Step.CancelOnce)), (1, Gen.Const(Step.ReopenDatabase))),
            Gen.Int[0, 9].Array[1, 6],
            Gen.Int[1, 8]).Array[1, 40];

    [Fact]
    public Task IndexInAMemoryDatabase_EqualsTheModel() => Histories.SampleAsync(
        async history =>
        {
            using Database database = Database.InMemory(Schema);
            await RunAsync(history, database, () => Task.FromResult(database));
        },
        iter: 300,
        threads: 1);

    [Fact]
    public Task IndexInALoggedDatabase_EqualsTheModel_AcrossReopening() => Histories.SampleAsync(
        async history =>
        {
            MemoryStorage storage = new();
            Database database = await OpenAsync(storage);
            try
            {
                await RunAsync(history, database, async () =>
                {
                    await database.DisposeAsync();
                    return database = await OpenAsync(storage);
                });
            }
            finally
            {
                await database.DisposeAsync();
            }
        },
        iter: 100,
        threads: 1);

    private static async Task<Database> OpenAsync(MemoryStorage storage) => await Database.OpenAsync(await CommitLog.OpenAsync(storage), Schema);

    private static async Task RunAsync((Step Step, int[] Keys, int At)[] history, Database database, Func<Task<Database>> reopen)
    {
        SortedDictionary<string, int> model = new(StringComparer.Ordinal);
        int row = 0;
        long changes = 0;
        HashSet<long> boundaries = [0];
        foreach ((Step step, int[] keys, int at) in history)
        {
            switch (step)
            {
                case Step.Write:
                    await WriteAsync(database, model, keys, ++row);
                    changes += keys.Length;
                    boundaries.Add(changes);
                    break;
                case Step.ReopenDatabase:
                    database = await reopen();
                    break;
                default:
                    await ConsumeAsync(database, step, at);
                    break;
            }

            boundaries.Should().Contain(database.Store<string, long>("deliveries").Read("all").Value, "the index never shows a part of a transaction");
        }

        await ConsumeAsync(database, Step.RunToEnd, at: 0);
        foreach (int key in Enumerable.Range(0, 10))
        {
            foreach (string table in (string[])["products", "stock"])
            {
                bool exists = model.TryGetValue($"{table}/{key}", out int expected);
                StoreEntry<int> entry = database.Store<string, int>(Index).Read($"{table}/{key}");
                (entry.Exists, entry.Value).Should().Be((exists, expected));
            }
        }

        database.Store<string, long>("deliveries").Read("all").Value.Should().Be(changes);
    }

    private static async Task WriteAsync(Database database, SortedDictionary<string, int> model, int[] keys, int row) => await database.ExecuteAsync(transaction =>
    {
        for (int i = 0; i < keys.Length; i++)
        {
            string table = (keys[i] + i) % 2 == 0 ? "products" : "stock";
            TableTransaction<int, int> rows = database.Changes<int, int>(table).In(transaction);
            string entry = $"{table}/{keys[i]}";
            if (!model.TryGetValue(entry, out int before))
            {
                rows.Insert(keys[i], row);
                model[entry] = row;
            }
            else if (i % 3 == 2)
            {
                rows.Delete(keys[i], before);
                model.Remove(entry);
            }
            else
            {
                rows.Update(keys[i], before, row);
                model[entry] = row;
            }
        }
    });

    // Effects count each delivery and move between values by what stands before: applied twice, or out of order, they would differ.
    private static async Task ConsumeAsync(Database database, Step step, int at)
    {
        using CancellationTokenSource cancel = new();
        int left = at;
        ChangeConsumer consumer = ChangeConsumer.Create(database, "indexer");
        foreach (string table in (string[])["products", "stock"])
        {
            consumer.On<int, int>(table, (transaction, change) =>
            {
                Apply(database, transaction, change);
                if (--left == 0)
                {
                    if (step == Step.FailOnce)
                    {
                        throw new InvalidDataException("fails after its effect");
                    }

                    if (step == Step.CancelOnce)
                    {
                        cancel.Cancel();
                    }
                }
            });
        }

        try
        {
            await consumer.RunToEndAsync(cancel.Token);
        }
        catch (ChangeHandlerException stopped) when (stopped.InnerException is InvalidDataException)
        {
        }
        catch (OperationCanceledException) when (step == Step.CancelOnce)
        {
        }
    }

    private static void Apply(Database database, DatabaseTransaction transaction, ChangeEvent<int, int> change)
    {
        StoreTransaction<string, int> index = database.Store<string, int>(Index).In(transaction);
        string entry = $"{change.Table}/{change.Key}";
        StoreEntry<int> found = index.Read(entry);
        (found.Exists, found.Value).Should().Be((change.HasBefore, change.Before), "every change meets the row that it says was before it");
        if (change.HasAfter)
        {
            index.Write(entry, change.After);
        }
        else
        {
            index.Delete(entry);
        }

        database.Store<string, long>("deliveries").In(transaction).Update("all", count => count.Value + 1);
    }
}
