namespace DataIntensive.Tests.Stores;

/// <summary>What every <see cref="ILinearizableStore{TKey,TValue}"/> does, whatever stands behind it.</summary>
public abstract class LinearizableStoreContract : IAsyncLifetime
{
    protected ILinearizableStore<string, int> Store { get; private set; } = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Read_AbsentKey_GivesTheDefaultEntry()
    {
        StoreEntry<int> entry = await Store.ReadAsync("nobody", Stop);

        entry.Exists.Should().BeFalse();
        entry.Revision.Should().Be(Revision.None);
        entry.Version.Should().Be(0);
    }

    [Fact]
    public async Task Write_ThenRead_GivesValueRevisionAndVersion()
    {
        Revision first = await Store.WriteAsync("a", 1, Stop);
        Revision second = await Store.WriteAsync("a", 2, Stop);

        second.Should().BeGreaterThan(first);
        (await Store.ReadAsync("a", Stop)).Should().Be(new StoreEntry<int>(2, second, 2));
    }

    [Fact]
    public async Task Delete_ExistingKey_IsGoneAndCountsFromOneAgain()
    {
        Revision before = await Store.WriteAsync("a", 1, Stop);

        (await Store.DeleteAsync("a", Stop)).Should().BeTrue();
        (await Store.ReadAsync("a", Stop)).Exists.Should().BeFalse();
        (await Store.DeleteAsync("a", Stop)).Should().BeFalse();

        Revision after = await Store.WriteAsync("a", 1, Stop);
        after.Should().BeGreaterThan(before);
        (await Store.ReadAsync("a", Stop)).Version.Should().Be(1);
    }

    [Fact]
    public async Task CompareAndSet_ByRevision_SetsOnlyAtThatRevision()
    {
        Revision first = await Store.WriteAsync("a", 1, Stop);

        CompareAndSetResult<int> set = await Store.CompareAndSetAsync("a", first, 2, Stop);
        set.Succeeded.Should().BeTrue();
        (await Store.ReadAsync("a", Stop)).Should().Be(set.Current);

        CompareAndSetResult<int> stale = await Store.CompareAndSetAsync("a", first, 3, Stop);
        stale.Succeeded.Should().BeFalse();
        stale.Current.Should().Be(set.Current);
        stale.Invoking(result => result.OrThrow()).Should().Throw<StoreConflictException>().Which.Current.Should().Be(set.Current.Revision);
    }

    [Fact]
    public async Task CompareAndSet_ByRevision_IsNotFooledByAnEqualValueWrittenAgain()
    {
        Revision first = await Store.WriteAsync("a", 1, Stop);
        await Store.DeleteAsync("a", Stop);
        await Store.WriteAsync("a", 1, Stop);

        (await Store.CompareAndSetAsync("a", first, 2, Stop)).Succeeded.Should().BeFalse();
    }

    [Fact]
    public async Task Add_SetsAnAbsentKeyOnly()
    {
        (await Store.AddAsync("a", 1, Stop)).Succeeded.Should().BeTrue();
        (await Store.AddAsync("a", 2, Stop)).Succeeded.Should().BeFalse();
        (await Store.ReadAsync("a", Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task CompareAndSet_ByExpectedValue_ComparesWithTheComparer()
    {
        await Store.WriteAsync("a", 1, Stop);

        (await Store.CompareAndSetAsync("a", expected: 2, value: 3, cancellationToken: Stop)).Succeeded.Should().BeFalse();
        (await Store.CompareAndSetAsync("a", expected: 1, value: 3, cancellationToken: Stop)).Succeeded.Should().BeTrue();
        (await Store.CompareAndSetAsync("nobody", expected: 0, value: 3, cancellationToken: Stop)).Succeeded.Should().BeFalse();
        (await Store.ReadAsync("a", Stop)).Value.Should().Be(3);
    }

    [Fact]
    public async Task Update_ByManyAtOnce_LosesNothing()
    {
        Task[] writers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                await Store.UpdateAsync("counter", entry => entry.Value + 1, Stop);
            }
        }))];
        await Task.WhenAll(writers);

        StoreEntry<int> entry = await Store.ReadAsync("counter", Stop);
        entry.Value.Should().Be(400);
        entry.Version.Should().Be(400);
    }

    [Fact]
    public async Task Update_WhenTheFunctionThrows_WritesNothing()
    {
        await Store.WriteAsync("a", 1, Stop);

        await Store.Awaiting(store => store.UpdateAsync("a", _ => throw new InvalidDataException("no"), Stop).AsTask())
            .Should().ThrowAsync<InvalidDataException>();

        (await Store.ReadAsync("a", Stop)).Value.Should().Be(1);
        await Store.WriteAsync("a", 2, Stop);
    }

    [Fact]
    public async Task Watch_FromNow_GivesEveryLaterChangeInOrder()
    {
        await Store.WriteAsync("before", 1, Stop);
        IAsyncEnumerable<StoreChange<string, int>> watch = Store.WatchAsync(cancellationToken: Stop);
        Revision written = await Store.WriteAsync("a", 1, Stop);
        await Store.WriteAsync("b", 2, Stop);
        await Store.DeleteAsync("a", Stop);

        List<StoreChange<string, int>> seen = await watch.Take(3).ToListAsync(Stop);

        seen.Select(change => (change.Key, change.Value, change.IsDelete)).Should().Equal(("a", 1, false), ("b", 2, false), ("a", 0, true));
        seen[0].Revision.Should().Be(written);
        seen.Select(change => change.Revision).Should().BeInAscendingOrder();
    }

    [Fact]
    public async Task Watch_AfterARevision_ContinuesWithoutGapWhileOthersWrite()
    {
        await foreach (StoreChange<string, int> change in FirstOf(Store.WatchAsync(cancellationToken: Stop), () => Store.WriteAsync("first", 0, Stop).AsTask()))
        {
            Task writer = Task.Run(async () =>
            {
                for (int i = 1; i <= 200; i++)
                {
                    await Store.WriteAsync("k", i, Stop);
                }
            });

            List<int> values = await Store.WatchAsync(change.Revision, Stop).Take(200).Select(next => next.Value).ToListAsync(Stop);

            values.Should().Equal(Enumerable.Range(1, 200));
            await writer;
        }
    }

    [Fact]
    public async Task Watch_OfAKeyOrAPredicate_GivesItsChangesOnly()
    {
        IAsyncEnumerable<StoreChange<string, int>> ofA = Store.WatchKeyAsync("a", cancellationToken: Stop);
        IAsyncEnumerable<StoreChange<string, int>> large = Store.WatchAsync(change => change.Value > 10, cancellationToken: Stop);
        await Store.WriteAsync("a", 1, Stop);
        Revision second = await Store.WriteAsync("b", 20, Stop);
        await Store.WriteAsync("b", 3, Stop);
        await Store.DeleteAsync("a", Stop);
        await Store.WriteAsync("a", 40, Stop);

        (await ofA.Take(3).Select(change => (change.Value, change.IsDelete)).ToListAsync(Stop)).Should().Equal((1, false), (0, true), (40, false));
        (await large.Take(2).Select(change => (change.Key, change.Value)).ToListAsync(Stop)).Should().Equal(("b", 20), ("a", 40));
        (await Store.WatchKeyAsync("a", second, Stop).FirstAsync(Stop)).IsDelete.Should().BeTrue();
    }

    // It holds nothing of what it has not been asked for, and misses nothing.
    [Fact]
    public async Task Watch_ThatReadsLater_GivesEveryChangeInOrder()
    {
        await using IAsyncEnumerator<StoreChange<string, int>> slow = Store.WatchAsync(cancellationToken: Stop).GetAsyncEnumerator(Stop);
        for (int i = 0; i < 1000; i++)
        {
            await Store.WriteAsync($"k{i % 7}", i, Stop);
        }

        for (int i = 0; i < 1000; i++)
        {
            (await slow.MoveNextAsync()).Should().BeTrue();
            slow.Current.Value.Should().Be(i);
        }
    }

    [Fact]
    public async Task ReadMany_GivesTheEntriesInTheOrderOfTheKeys()
    {
        await Store.WriteAsync("a", 1, Stop);
        await Store.WriteAsync("b", 2, Stop);
        IConsistentReads<string, int> reads = (IConsistentReads<string, int>)Store;

        IReadOnlyList<StoreEntry<int>> entries = await reads.ReadManyAsync(["b", "nobody", "a", "b"], Stop);

        entries.Select(entry => entry.Value).Should().Equal(2, 0, 1, 2);
        entries[1].Exists.Should().BeFalse();
        entries[2].Should().Be(await Store.ReadAsync("a", Stop));
        (await reads.ReadAllAsync(Stop)).Select(entry => entry.Key).Should().BeEquivalentTo("a", "b");
        await reads.Awaiting(r => r.ReadManyAsync(["a", null!], Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
    }

    [Fact]
    public async Task AnyCall_WithACancelledToken_DoesNothing()
    {
        CancellationToken cancelled = new(canceled: true);

        await Store.Awaiting(store => store.WriteAsync("a", 1, cancelled).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        await Store.Awaiting(store => store.ReadAsync("a", cancelled).AsTask()).Should().ThrowAsync<OperationCanceledException>();

        (await Store.ReadAsync("a", Stop)).Exists.Should().BeFalse();
    }

    [Fact]
    public async Task AnyCall_WithANullKey_IsRefused()
    {
        await Store.Awaiting(store => store.WriteAsync(null!, 1, Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
        await Store.Awaiting(store => store.ReadAsync(null!, Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
        await Store.Awaiting(store => store.DeleteAsync(null!, Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
        await Store.Awaiting(store => store.CompareAndSetAsync(null!, Revision.None, 1, Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
        await Store.Awaiting(store => store.UpdateAsync(null!, _ => 1, Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
    }

    protected abstract ValueTask<ILinearizableStore<string, int>> OpenAsync();

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    private static async IAsyncEnumerable<StoreChange<string, int>> FirstOf(IAsyncEnumerable<StoreChange<string, int>> watch, Func<Task> cause)
    {
        await cause();
        await foreach (StoreChange<string, int> change in watch)
        {
            yield return change;
            yield break;
        }
    }
}
