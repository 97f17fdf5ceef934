namespace DataIntensive.Tests.Stores;

public sealed class MemoryDatabaseStoreTests : LinearizableStoreContract
{
    private Database? _database;

    protected override ValueTask<ILinearizableStore<string, int>> OpenAsync()
    {
        _database = Database.InMemory(new DatabaseSchema().AddStore<string, int>("numbers"));
        return new(_database.Store<string, int>("numbers"));
    }

    protected override ValueTask CloseAsync() => _database!.DisposeAsync();

    [Fact]
    public async Task Write_AfterOneThatWasRefused_WritesItsOwnAlone()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        DatabaseStore<string, int> store = _database!.Store<string, int>("numbers");
        string tooLong = new('k', 100_000);
        for (int i = 1; i <= 3; i++)
        {
            string good = $"good{i}";
            Revision before = await store.WriteAsync(good, i, stop);

            await store.Awaiting(s => s.UpdateAsync("bad", int (StoreEntry<int> _) => throw new NotSupportedException(), stop).AsTask()).Should().ThrowAsync<NotSupportedException>();
            await store.Awaiting(s => s.WriteAsync(tooLong, 1, stop).AsTask()).Should().ThrowAsync<ArgumentException>();
            (await store.CompareAndSetAsync("bad", new Revision(1), 7, stop)).Succeeded.Should().BeFalse();
            (await store.DeleteAsync("bad", stop)).Should().BeFalse();

            (await store.WriteAsync("after", i, stop)).Value.Should().Be(before.Value + 1, "nothing stands between the two");
        }

        (await store.WatchAsync(Revision.None, stop).Take(6).Select(change => change.Key).ToListAsync(stop))
            .Should().Equal("good1", "after", "good2", "after", "good3", "after");
    }

    [Fact]
    public void Write_UsesItsTransactionAgain()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        DatabaseStore<string, int> store = _database!.Store<string, int>("numbers");
        long own = long.MaxValue;
        long users = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            own = Math.Min(own, Allocated(() => store.WriteAsync("k", 1, stop)));
            users = Math.Min(users, Allocated(() => _database!.ExecuteAsync(transaction => store.In(transaction).Write("k", 1), cancellationToken: stop)));
        }

        (users - own).Should().BeGreaterThan(0, "{0} and {1}", own, users);

        static long Allocated<T>(Func<ValueTask<T>> write)
        {
            int atOnce = 0;
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                ValueTask<T> written = write();
                atOnce += written.IsCompletedSuccessfully ? 1 : 0;
                _ = written.Result;
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            atOnce.Should().Be(100, "otherwise it is not all on this thread");
            return allocated / 100;
        }
    }

    [Fact]
    public async Task Watch_WhoseHistoryTheLogHasDropped_SaysWhereToResume()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await using Database small = Database.InMemory(new DatabaseSchema().AddStore<string, int>("numbers"), new DatabaseOptions { MemoryLogBytes = 64 * 1024 });
        DatabaseStore<string, int> store = small.Store<string, int>("numbers");
        for (int i = 0; i < 5000; i++)
        {
            await store.WriteAsync("k", i, stop);
        }

        LogHistoryGoneException gone = (await store.Awaiting(s => s.WatchAsync(Revision.None, stop).FirstAsync(stop).AsTask()).Should().ThrowAsync<LogHistoryGoneException>()).Which;

        List<int> rest = await store.WatchAsync(new Revision(gone.ResumeAfter.Value), stop).TakeWhile(change => change.Value < 4999).Select(change => change.Value).ToListAsync(stop);
        rest.Should().NotBeEmpty().And.Equal(Enumerable.Range(4999 - rest.Count, rest.Count));
        await store.Awaiting(s => s.WatchCommitsAsync(Revision.None, stop).FirstAsync(stop).AsTask()).Should().ThrowAsync<LogHistoryGoneException>();
    }
}

public sealed class LoggedDatabaseStoreTests : LinearizableStoreContract
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DatabaseSchema _schema = new DatabaseSchema().AddStore<string, int>("numbers");
    private Database? _database;

    [Fact]
    public async Task Reopen_GivesTheSameEntries()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await Store.WriteAsync("a", 1, stop);
        await Store.WriteAsync("a", 2, stop);
        await Store.WriteAsync("b", 3, stop);
        await Store.DeleteAsync("b", stop);
        StoreEntry<int> before = await Store.ReadAsync("a", stop);

        await _database!.DisposeAsync();
        _database = await Database.OpenAsync(_directory.Path, _schema, cancellationToken: stop);
        DatabaseStore<string, int> reopened = _database.Store<string, int>("numbers");

        reopened.Read("a").Should().Be(before);
        reopened.Read("b").Exists.Should().BeFalse();
        (await reopened.WatchAsync(Revision.None, stop).Take(4).CountAsync(stop)).Should().Be(4);
    }

    [Fact]
    public async Task WatchCommits_GivesWhatOneCommitChangedTogether_FromHistoryToLive()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await Store.WriteAsync("alone", 1, stop);
        IAsyncEnumerable<StoreCommit<string, int>> all = ((DatabaseStore<string, int>)Store).WatchCommitsAsync(Revision.None, stop);
        Task writer = Task.Run(
            async () =>
            {
                for (int i = 0; i < 50; i++)
                {
                    await _database!.ExecuteAsync(
                        transaction =>
                        {
                            Store.In(transaction).Write("a", i);
                            Store.In(transaction).Write("b", i);
                            Store.In(transaction).Delete("alone");
                        },
                        cancellationToken: stop);
                }
            },
            stop);

        List<StoreCommit<string, int>> commits = await all.Take(51).ToListAsync(stop);

        await writer;
        commits[0].Changes.Should().ContainSingle().Which.Key.Should().Be("alone");
        commits[1].Changes.Select(change => change.Key).Should().Equal("a", "b", "alone");
        commits.Skip(2).Should().AllSatisfy(commit => commit.Changes.Select(change => change.Key).Should().Equal("a", "b"));
        commits.Skip(1).Select(commit => commit.Changes[0].Value).Should().Equal(Enumerable.Range(0, 50));
        StoreCommit<string, int> resumed = await ((DatabaseStore<string, int>)Store).WatchCommitsAsync(commits[10].Revision, stop).FirstAsync(stop);
        resumed.Should().BeEquivalentTo(commits[11]);
    }

    [Theory]
    [InlineData(64 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task Write_OfAKeyOverTheLimit_IsRefusedAndWritesNothing(int length)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        LogPosition before = _database!.Visible;

        await Store.Awaiting(store => store.WriteAsync(new string('k', length), 1, stop).AsTask()).Should().ThrowAsync<ArgumentException>();

        _database.Visible.Should().Be(before);
        await Store.WriteAsync(new string('k', 60_000), 1, stop);
    }

    [Fact]
    public async Task Write_OfAKeyThatItsCodecCannotWrite_LeavesTheOtherWritesOfTheTransactionOut()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;

        await _database!.Awaiting(database => database.ExecuteAsync(
            transaction =>
            {
                Store.In(transaction).Write("good", 1);
                Store.In(transaction).Write("half a pair: \ud800", 2);
            },
            cancellationToken: stop).AsTask()).Should().ThrowAsync<ArgumentException>();

        (await Store.ReadAsync("good", stop)).Exists.Should().BeFalse();
        await Store.WriteAsync("good", 3, stop);
    }

    [Fact]
    public async Task AnyCall_AfterDispose_IsRefused()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        DatabaseStore<string, int> store = (DatabaseStore<string, int>)Store;
        await _database!.DisposeAsync();

        store.Invoking(s => s.Read("a")).Should().Throw<ObjectDisposedException>();
        await store.Awaiting(s => s.ReadAsync("a", stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await store.Awaiting(s => s.WriteAsync("a", 1, stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await store.Awaiting(s => s.DeleteAsync("a", stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await store.Awaiting(s => s.ReadManyAsync(["a"], stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await store.Awaiting(s => s.WatchAsync(Revision.None, stop).FirstAsync(stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
    }

    // 64 watches stand still while 20,000 changes go by. Were these kept for them, it would be 64 times as much.
    [Fact]
    public async Task SlowWatches_CostNoMemoryForWhatTheyHaveNotRead()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await Store.WriteAsync("k", -1, stop);
        List<IAsyncEnumerator<StoreChange<string, int>>> slow = [.. Enumerable.Range(0, 64).Select(_ => Store.WatchAsync(Revision.None, stop).GetAsyncEnumerator(stop))];
        foreach (IAsyncEnumerator<StoreChange<string, int>> watch in slow)
        {
            (await watch.MoveNextAsync()).Should().BeTrue();
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(writer => Task.Run(
            async () =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    await Store.WriteAsync("k", (writer * 1000) + i, stop);
                }
            },
            stop)));
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        grown.Should().BeLessThan(64L * 20_000 * 16);
        HashSet<int> seen = [];
        for (int i = 0; i < 20_000; i++)
        {
            (await slow[63].MoveNextAsync()).Should().BeTrue();
            seen.Add(slow[63].Current.Value);
        }

        seen.Should().HaveCount(20_000);
        foreach (IAsyncEnumerator<StoreChange<string, int>> watch in slow)
        {
            await watch.DisposeAsync();
        }
    }

    protected override async ValueTask<ILinearizableStore<string, int>> OpenAsync()
    {
        _database = await Database.OpenAsync(_directory.Path, _schema);
        return _database.Store<string, int>("numbers");
    }

    protected override async ValueTask CloseAsync()
    {
        await _database!.DisposeAsync();
        _directory.Dispose();
    }
}
