namespace DataIntensive.Tests.Stores;

/// <summary>Ranges of keys, at one position, in and outside of transactions, and at older positions.</summary>
public sealed class OrderedStoreTests
{
    private const string Words = "words";

    private static readonly StoreOptions<string> Ordered = new() { KeyOrder = StringComparer.Ordinal, KeptPositions = 1000 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scan_GivesARangeInOrder()
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "b", "a", "d", "c", "B", "ä");

        (await KeysAsync(store.ScanAsync(cancellationToken: Stop))).Should().Equal("B", "a", "b", "c", "d", "ä");
        (await KeysAsync(store.ScanAsync(KeyRange.From("b"), Stop))).Should().Equal("b", "c", "d", "ä");
        (await KeysAsync(store.ScanAsync(KeyRange.Between("a", "c"), Stop))).Should().Equal("a", "b");
        (await KeysAsync(store.ScanAsync(KeyRange.All<string>().After("a").Before("d"), Stop))).Should().Equal("b", "c");
        (await KeysAsync(store.ScanAsync(KeyRange.Between("c", "a"), Stop))).Should().BeEmpty();
    }

    [Fact]
    public async Task StartingWith_GivesThePrefixedTextsOnly_AlsoAtTheEndOfTheAlphabet()
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "ab", "abc", "ab\uffff", "ab\uffffz", "ac", "a", "\uffff", "\uffff\uffffq");

        (await KeysAsync(store.ScanAsync(KeyRange.StartingWith("ab"), Stop))).Should().Equal("ab", "abc", "ab\uffff", "ab\uffffz");
        (await KeysAsync(store.ScanAsync(KeyRange.StartingWith("ab\uffff"), Stop))).Should().Equal("ab\uffff", "ab\uffffz");
        (await KeysAsync(store.ScanAsync(KeyRange.StartingWith("\uffff"), Stop))).Should().Equal("\uffff", "\uffff\uffffq");
        (await KeysAsync(store.ScanAsync(KeyRange.StartingWith(""), Stop))).Should().HaveCount(8);
    }

    [Fact]
    public async Task RandomWritesAndDeletes_AreScannedAsASortedSetHasThem()
    {
        await using Database database = Database.InMemory(new DatabaseSchema().AddStore<int, int>(Words, options: new StoreOptions<int> { KeyOrder = Comparer<int>.Default }));
        DatabaseStore<int, int> store = database.Store<int, int>(Words);
        SortedSet<int> model = [];
        Random random = new(7);
        for (int i = 0; i < 3000; i++)
        {
            int key = random.Next(300);
            if (random.Next(2) == 0)
            {
                await store.WriteAsync(key, i, Stop);
                model.Add(key);
            }
            else
            {
                (await store.DeleteAsync(key, Stop)).Should().Be(model.Remove(key));
            }

            int from = random.Next(300);
            StorePage<int, int> page = await store.ReadPageAsync(KeyRange.From(from), 10, Stop);
            page.Entries.Select(entry => entry.Key).Should().Equal(model.GetViewBetween(from, 300).Take(10));
            (page.Next is null).Should().Be(model.GetViewBetween(from, 300).Count <= 10);
        }
    }

    [Fact]
    public async Task Scan_BegunBeforeACommit_DoesNotSeeIt()
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "a", "b", "c");
        await using IAsyncEnumerator<KeyValuePair<string, StoreEntry<int>>> scan = store.ScanAsync(cancellationToken: Stop).GetAsyncEnumerator(Stop);
        await scan.MoveNextAsync();

        await store.DeleteAsync("b", Stop);
        await store.WriteAsync("bb", 1, Stop);
        await store.WriteAsync("c", 9, Stop);

        (await scan.MoveNextAsync()).Should().BeTrue();
        scan.Current.Key.Should().Be("b");
        (await scan.MoveNextAsync()).Should().BeTrue();
        scan.Current.Should().Match<KeyValuePair<string, StoreEntry<int>>>(entry => entry.Key == "c" && entry.Value.Value == 0);
        (await scan.MoveNextAsync()).Should().BeFalse();
    }

    // A transfer moves one between two keys, and now and then to a new one: every scan finds the same sum.
    [Fact]
    public async Task Scans_WhileOthersMoveAmounts_AlwaysFindTheSameSum()
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, [.. Enumerable.Range(0, 20).Select(i => $"k{i}")]);
        await store.WriteAsync("k0", 1000, Stop);
        Task[] writers = [.. Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            Random random = new(writer);
            for (int i = 0; i < 500; i++)
            {
                string to = $"k{random.Next(40)}";
                await database.ExecuteAsync(
                    transaction =>
                    {
                        StoreTransaction<string, int> words = store.In(transaction);
                        (string from, StoreEntry<int> most) = words.ReadRange().MaxBy(entry => entry.Value.Value);
                        if (from != to)
                        {
                            words.Update(to, entry => entry.Value + 1);
                            if (most.Value == 1)
                            {
                                words.Delete(from);
                            }
                            else
                            {
                                words.Write(from, most.Value - 1);
                            }
                        }
                    },
                    cancellationToken: Stop);
            }
        }))];

        int scans = 0;
        while (!Task.WhenAll(writers).IsCompleted || scans < 10)
        {
            (await store.ScanAsync(cancellationToken: Stop).ToListAsync(Stop)).Sum(entry => entry.Value.Value).Should().Be(1000);
            scans++;
        }

        await Task.WhenAll(writers);
    }

    [Fact]
    public async Task Pages_AsOfOnePosition_MissAndRepeatNothingWhileOthersWrite()
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "a", "b", "c", "d", "e");
        StorePage<string, int> page = await store.ReadPageAsync(maxCount: 2, cancellationToken: Stop);
        List<string> keys = [.. page.Entries.Select(entry => entry.Key)];
        await store.WriteAsync("bb", 1, Stop);
        await store.DeleteAsync("d", Stop);

        while (page.Next is { } next)
        {
            page = await store.ReadPageAsOfAsync(page.Position, next, 2, Stop);
            keys.AddRange(page.Entries.Select(entry => entry.Key));
        }

        keys.Should().Equal("a", "b", "c", "d", "e");
    }

    [Theory]
    [InlineData(TransactionIsolation.Serializable, true)]
    [InlineData(TransactionIsolation.Snapshot, false)]
    public async Task RangeRead_IntoWhichSomebodyAdds_IsAConflictUnderSerializableOnly(TransactionIsolation isolation, bool conflicts)
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "a", "c", "x");
        using DatabaseTransaction transaction = database.Begin(isolation);
        store.In(transaction).ReadRange(KeyRange.Between("a", "d")).Should().HaveCount(2);
        store.In(transaction).Write("z", 1);

        await store.WriteAsync("b", 1, Stop);

        await ShouldCommitAsync(transaction, unless: conflicts, key: "b");
    }

    [Fact]
    public async Task RangeRead_FromWhichSomebodyDeletes_IsAConflict()
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "a", "c", "x");
        using DatabaseTransaction transaction = database.Begin();
        store.In(transaction).ReadRange(KeyRange.StartingWith("c"));
        store.In(transaction).Write("z", 1);

        await store.DeleteAsync("c", Stop);

        await ShouldCommitAsync(transaction, unless: true, key: "c");
    }

    [Theory]
    [InlineData("bb", true)]
    [InlineData("c", false)]
    [InlineData("y", false)]
    public async Task RangeRead_UpToACount_ConflictsOnlyUpToTheLastKeyReturned(string written, bool conflicts)
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "a", "b", "bc", "c", "x");
        using DatabaseTransaction transaction = database.Begin();
        store.In(transaction).ReadRange(KeyRange.From("a"), maxCount: 3).Select(entry => entry.Key).Should().Equal("a", "b", "bc");
        store.In(transaction).Write("z", 1);

        await store.WriteAsync(written, 7, Stop);

        await ShouldCommitAsync(transaction, unless: conflicts, key: written);
    }

    [Fact]
    public async Task RangeRead_SeesOwnWritesInOrder()
    {
        await using Database database = Open();
        DatabaseStore<string, int> store = await FillAsync(database, "a", "c", "e");
        using DatabaseTransaction transaction = database.Begin();
        StoreTransaction<string, int> words = store.In(transaction);
        words.Write("b", 2);
        words.Write("c", 3);
        words.Delete("a");
        words.Write("q", 4);

        words.ReadRange(KeyRange.From("a"), 3).Select(entry => (entry.Key, entry.Value.Value)).Should().Equal(("b", 2), ("c", 3), ("e", 0));
    }

    [Fact]
    public async Task ReadAsOf_GivesWhatStoodThere_AsFarAsItIsKept()
    {
        using TemporaryDirectory directory = new();
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, int>(Words, options: new StoreOptions<string> { KeyOrder = StringComparer.Ordinal, KeptPositions = 20 });
        List<(LogPosition Position, int[] Values)> history = [];
        Random random = new(3);
        await using (Database database = await Database.OpenAsync(directory.Path, schema, cancellationToken: Stop))
        {
            DatabaseStore<string, int> store = database.Store<string, int>(Words);
            for (int i = 1; i <= 100; i++)
            {
                string key = $"{random.Next(3)}";
                if (random.Next(3) > 0)
                {
                    await store.WriteAsync(key, i, Stop);
                }
                else
                {
                    await store.DeleteAsync(key, Stop);
                }

                history.Add((database.Visible, [.. Enumerable.Range(0, 3).Select(each => store.Read($"{each}").Value)]));
            }

            await CheckAsync(store);
        }

        await using Database reopened = await Database.OpenAsync(directory.Path, schema, cancellationToken: Stop);
        await CheckAsync(reopened.Store<string, int>(Words));

        async Task CheckAsync(DatabaseStore<string, int> store)
        {
            int kept = 0;
            foreach ((LogPosition position, int[] values) in history)
            {
                if (position >= store.KeptFrom)
                {
                    kept++;
                    for (int key = 0; key < 3; key++)
                    {
                        (await store.ReadAsOfAsync($"{key}", position, Stop)).Value.Should().Be(values[key]);
                    }

                    (await store.ReadPageAsOfAsync(position, cancellationToken: Stop)).Entries.Sum(entry => entry.Value.Value).Should().Be(values.Sum());
                }
                else
                {
                    (await store.Awaiting(s => s.ReadAsOfAsync("0", position, Stop).AsTask()).Should().ThrowAsync<LogHistoryGoneException>())
                        .Which.ResumeAfter.Should().Be(store.KeptFrom);
                }
            }

            kept.Should().BeGreaterThan(20);
            history.Should().Contain(entry => entry.Position < store.KeptFrom);
            await store.Awaiting(s => s.ReadAsOfAsync("0", new LogPosition(1000), Stop).AsTask()).Should().ThrowAsync<ArgumentOutOfRangeException>();
        }
    }

    [Fact]
    public async Task StoreWithoutAnOrder_RefusesRanges()
    {
        await using Database database = Database.InMemory(new DatabaseSchema()
            .AddStore<string, int>(Words)
            .AddStore<string, int>("other", options: new StoreOptions<string> { KeyOrder = StringComparer.OrdinalIgnoreCase }));
        DatabaseStore<string, int> store = database.Store<string, int>(Words);
        DatabaseStore<string, int> other = database.Store<string, int>("other");

        store.KeyOrder.Should().BeNull();
        store.Invoking(s => s.ScanAsync()).Should().Throw<InvalidOperationException>();
        store.Invoking(s => s.ReadPageAsync()).Should().Throw<InvalidOperationException>();
        store.Invoking(s => s.ReadAsOfAsync("a", default)).Should().Throw<InvalidOperationException>();
        other.Invoking(s => s.ScanAsync(KeyRange.StartingWith("a"))).Should().Throw<InvalidOperationException>();
        await database.Awaiting(d => d.ExecuteAsync(transaction => store.In(transaction).ReadRange()).AsTask()).Should().ThrowAsync<InvalidOperationException>();
    }

    // Keys that the order takes for one are two keys all the same, and each can go.
    [Fact]
    public async Task KeysThatCompareEqual_AreKeptApart()
    {
        await using Database database = Database.InMemory(new DatabaseSchema().AddStore<string, int>(Words, options: new StoreOptions<string> { KeyOrder = StringComparer.OrdinalIgnoreCase }));
        DatabaseStore<string, int> store = await FillAsync(database, "a", "A", "b", "B");

        await store.DeleteAsync("a", Stop);
        await store.DeleteAsync("B", Stop);

        (await KeysAsync(store.ScanAsync(cancellationToken: Stop))).Should().Equal("A", "b");
    }

    private static Database Open() => Database.InMemory(new DatabaseSchema().AddStore<string, int>(Words, options: Ordered));

    private static async Task<DatabaseStore<string, int>> FillAsync(Database database, params string[] keys)
    {
        DatabaseStore<string, int> store = database.Store<string, int>(Words);
        foreach (string key in keys)
        {
            await store.WriteAsync(key, 0, Stop);
        }

        return store;
    }

    private static async Task<List<string>> KeysAsync(IAsyncEnumerable<KeyValuePair<string, StoreEntry<int>>> scan) =>
        await scan.Select(entry => entry.Key).ToListAsync(Stop);

    private static async Task ShouldCommitAsync(DatabaseTransaction transaction, bool unless, string key)
    {
        if (unless)
        {
            (await transaction.Awaiting(t => t.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>()).Which.Conflict.Key.Should().Be(key);
        }
        else
        {
            await transaction.CommitAsync(cancellationToken: Stop);
        }
    }
}
