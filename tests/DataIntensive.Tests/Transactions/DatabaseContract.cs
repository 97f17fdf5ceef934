namespace DataIntensive.Tests.Transactions;

/// <summary>What transactions do, over a log in files and in memory.</summary>
public abstract class DatabaseContract : IAsyncLifetime
{
    protected Database Database { get; private set; } = null!;

    protected DatabaseStore<string, int> Left => Database.Store<string, int>("left");

    protected DatabaseStore<string, int> Right => Database.Store<string, int>("right");

    protected virtual int LoneWrites => 300;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected static DatabaseSchema Schema { get; } = new DatabaseSchema().AddStore<string, int>("left").AddStore<string, int>("right").AddCheckpoints();

    public async ValueTask InitializeAsync() => Database = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Execute_WritesToSeveralStores_AreOneCommit()
    {
        LogPosition before = Database.Visible;

        LogPosition commit = await Database.ExecuteAsync(
            transaction =>
            {
                Left.In(transaction).Write("a", 1);
                Right.In(transaction).Write("a", 2);
                Database.Checkpoints().Save(transaction, "consumer", new LogPosition(5));
            },
            cancellationToken: Stop);

        commit.Value.Should().Be(before.Value + 3);
        Database.Visible.Should().Be(commit);
        (Left.Read("a").Value, Right.Read("a").Value, Database.Checkpoints().Read("consumer").Value).Should().Be((1, 2, 5));
        bool[] ends = await Database.Log.ReadAsync(before, follow: false, Stop).Select(record => record.EndsCommit).ToArrayAsync(Stop);
        ends.Should().Equal(false, false, true);
    }

    [Fact]
    public async Task Execute_ReadsItsOwnWrites()
    {
        int seen = await Database.ExecuteAsync(
            transaction =>
            {
                StoreTransaction<string, int> left = Left.In(transaction);
                left.Write("a", 1);
                left.Update("a", entry => entry.Value + 1);
                left.Delete("a").Should().BeTrue();
                left.Read("a").Exists.Should().BeFalse();
                left.Write("a", 7);
                left.Read("a").Version.Should().Be(1);
                return left.Read("a").Value;
            },
            cancellationToken: Stop);

        seen.Should().Be(7);
        Left.Read("a").Value.Should().Be(7);
        Left.Read("a").Version.Should().Be(1);
    }

    [Fact]
    public async Task Execute_WhenTheFunctionThrows_WritesNothing()
    {
        LogPosition before = Database.Log.Range.End;

        await Database.Awaiting(database => database.ExecuteAsync(
            transaction =>
            {
                Left.In(transaction).Write("a", 1);
                throw new InvalidDataException("refused");
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();

        Left.Read("a").Exists.Should().BeFalse();
        Database.Log.Range.End.Should().Be(before);
    }

    [Fact]
    public async Task Execute_InsideAnother_IsRefusedAndNotADeadlock()
    {
        await Database.Awaiting(database => database.ExecuteAsync(
            transaction => database.ExecuteAsync(_ => { }, cancellationToken: Stop).AsTask().Wait(Stop),
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<AggregateException>().WithInnerException<AggregateException, InvalidOperationException>();
    }

    [Fact]
    public async Task Transact_WhenWhatItReadChanges_RunsAgainAndLosesNothing()
    {
        await Left.WriteAsync("counter", 0, Stop);
        int runs = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 25; i++)
            {
                await Database.TransactAsync(
                    async transaction =>
                    {
                        Interlocked.Increment(ref runs);
                        int value = Left.In(transaction).Read("counter").Value;
                        await Task.Yield();
                        Left.In(transaction).Write("counter", value + 1);
                    },
                    cancellationToken: Stop);
            }
        })));

        Left.Read("counter").Value.Should().Be(100);
        runs.Should().BeGreaterThanOrEqualTo(100);
    }

    [Fact]
    public async Task Transact_ReadsOnePositionWhileOthersCommit()
    {
        await Database.ExecuteAsync(
            transaction =>
            {
                Left.In(transaction).Write("a", 1);
                Right.In(transaction).Write("a", 1);
            },
            cancellationToken: Stop);

        using DatabaseTransaction reader = Database.Begin();
        int before = Left.In(reader).Read("a").Value;
        for (int i = 2; i < 10; i++)
        {
            await Database.ExecuteAsync(
                transaction =>
                {
                    Left.In(transaction).Write("a", i);
                    Right.In(transaction).Write("a", i);
                },
                cancellationToken: Stop);
        }

        await Right.DeleteAsync("a", Stop);

        (before, Right.In(reader).Read("a").Value).Should().Be((1, 1));
        (await reader.CommitAsync(cancellationToken: Stop)).Should().Be(reader.Snapshot);
        Right.Read("a").Exists.Should().BeFalse();
    }

    [Fact]
    public async Task ReadersOfTwoStores_NeverSeeHalfACommit()
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                // Left is written before right in every commit, so whoever sees left at n sees right at n or later.
                int left = Left.Read("a").Value;
                Right.Read("a").Value.Should().BeGreaterThanOrEqualTo(left);
            }
        });

        for (int i = 1; i <= 300; i++)
        {
            await Database.ExecuteAsync(
                transaction =>
                {
                    Left.In(transaction).Write("a", i);
                    Right.In(transaction).Write("a", i);
                },
                cancellationToken: Stop);
        }

        await done.CancelAsync();
        await reader;
    }

    // Every commit is one write of the same key, so at a position the key has just that revision: neither an older nor a newer one.
    [Fact]
    public async Task SnapshotsBesideLoneWrites_SeeTheWriteOfTheirPosition_HoweverOftenTheyLook()
    {
        await Left.WriteAsync("a", 0, Stop);
        int looked = 0;
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                using DatabaseTransaction snapshot = Database.BeginReadOnly();
                StoreTransaction<string, int> left = Left.In(snapshot);
                left.Read("a").Revision.Value.Should().Be(snapshot.Snapshot.Value);
                Thread.SpinWait(20);
                left.Read("a").Revision.Value.Should().Be(snapshot.Snapshot.Value);
                looked++;
            }
        });
        for (int i = 0; i < LoneWrites && !reader.IsCompleted; i++)
        {
            await Left.WriteAsync("a", i, Stop);
        }

        await done.CancelAsync();
        await reader;
        looked.Should().BePositive();
    }

    // Every commit is a new key, so at each position that is visible the key of that position is there.
    [Fact]
    public async Task WhoeverSeesAPositionOfANewKey_SeesTheKey()
    {
        string[] keys = [.. Enumerable.Range(0, LoneWrites).Select(number => $"key {number}")];
        long start = Database.Visible.Value;
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<(int Looked, int Missed)> reader = Task.Run(() =>
        {
            (int looked, int missed) = (0, 0);
            while (!done.IsCancellationRequested)
            {
                if (Database.Visible.Value - start is > 0 and long count)
                {
                    looked++;
                    missed += Left.Read(keys[count - 1]).Exists ? 0 : 1;
                }
            }

            return (looked, missed);
        });
        foreach (string key in keys)
        {
            await Left.WriteAsync(key, 1, Stop);
        }

        await done.CancelAsync();
        (int looked, int missed) = await reader;
        looked.Should().BePositive();
        missed.Should().Be(0);
    }

    [Fact]
    public async Task ReadAll_GivesOnePositionWhileOthersCommit()
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task writer = Task.Run(async () =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                // One token moves round ten keys: at every position exactly one key holds it.
                await Database.ExecuteAsync(
                    transaction =>
                    {
                        Left.In(transaction).Delete($"k{(i + 9) % 10}");
                        Left.In(transaction).Write($"k{i % 10}", i);
                    },
                    cancellationToken: Stop);
            }
        });
        SpinWait.SpinUntil(() => Database.Visible.Value > 20, TimeSpan.FromSeconds(30)).Should().BeTrue();

        for (int i = 0; i < 200; i++)
        {
            Left.ReadAll().Should().HaveCount(1);
        }

        await done.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task Commit_ByHand_AfterAConflict_NamesWhatCollided()
    {
        await Left.WriteAsync("a", 1, Stop);
        using DatabaseTransaction transaction = Database.Begin();
        Left.In(transaction).Read("a");
        Right.In(transaction).Write("b", 1);
        Revision collided = await Left.WriteAsync("a", 2, Stop);

        TransactionConflict conflict = (await transaction.Awaiting(t => t.CommitAsync(cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<TransactionConflictException>()).Which.Conflict;

        conflict.Should().Be(new TransactionConflict("store 'left'", "a", new LogPosition(collided.Value)));
        Right.Read("b").Exists.Should().BeFalse();
    }

    [Theory]
    [InlineData(TransactionIsolation.Serializable, false)]
    [InlineData(TransactionIsolation.Snapshot, true)]
    public async Task WriteSkew_IsPreventedOnlyUnderSerializable(TransactionIsolation isolation, bool bothCommit)
    {
        using DatabaseTransaction first = Database.Begin(isolation);
        using DatabaseTransaction second = Database.Begin(isolation);
        Left.In(first).Read("a");
        Left.In(first).Read("b");
        Left.In(second).Read("a");
        Left.In(second).Read("b");
        Left.In(first).Write("a", 1);
        Left.In(second).Write("b", 1);

        await first.CommitAsync(cancellationToken: Stop);
        Func<Task> commitSecond = () => second.CommitAsync(cancellationToken: Stop).AsTask();

        if (bothCommit)
        {
            await commitSecond.Should().NotThrowAsync();
        }
        else
        {
            await commitSecond.Should().ThrowAsync<TransactionConflictException>();
        }
    }

    [Theory]
    [InlineData(TransactionIsolation.Serializable)]
    [InlineData(TransactionIsolation.Snapshot)]
    public async Task LostUpdate_IsPreventedUnderEveryIsolation(TransactionIsolation isolation)
    {
        using DatabaseTransaction first = Database.Begin(isolation);
        using DatabaseTransaction second = Database.Begin(isolation);
        Left.In(first).Update("a", entry => entry.Value + 1);
        Left.In(second).Update("a", entry => entry.Value + 1);
        await first.CommitAsync(cancellationToken: Stop);

        await second.Awaiting(t => t.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
        Left.Read("a").Value.Should().Be(1);
    }

    [Fact]
    public async Task KeyDeletedAndWrittenAgain_StillConflictsWithAnOlderReader()
    {
        await Left.WriteAsync("a", 1, Stop);
        using DatabaseTransaction transaction = Database.Begin();
        Left.In(transaction).Read("a");
        Left.In(transaction).Read("never");
        Right.In(transaction).Write("b", 1);
        await Left.WriteAsync("never", 1, Stop);
        await Left.DeleteAsync("never", Stop);

        await transaction.Awaiting(t => t.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
    }

    [Fact]
    public async Task Transaction_AfterItsEnd_IsRefused()
    {
        DatabaseTransaction? kept = null;
        await Database.ExecuteAsync(transaction => { kept = transaction; }, cancellationToken: Stop);

        kept!.Invoking(transaction => Left.In(transaction)).Should().Throw<InvalidOperationException>();
        await kept!.Awaiting(transaction => transaction.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Transaction_OfAnotherDatabase_IsRefused()
    {
        await using Database other = Database.InMemory(Schema);
        using DatabaseTransaction transaction = other.Begin();

        Left.Invoking(store => store.In(transaction)).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Store_NotDeclared_NamesWhatIs() =>
        Database.Invoking(database => database.Store<string, int>("middle")).Should().Throw<InvalidOperationException>().WithMessage("*'middle'*'left', 'right'*");

    [Fact]
    public void Store_WithOtherTypes_IsRefused() =>
        Database.Invoking(database => database.Store<string, long>("left")).Should().Throw<InvalidOperationException>();

    [Fact]
    public async Task Dispose_RefusesLaterCalls()
    {
        await Database.DisposeAsync();
        Database.Dispose();

        Database.State.Health.Should().Be(DatabaseHealth.Closed);
        await Database.Awaiting(database => database.ExecuteAsync(_ => { }, cancellationToken: Stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task Checkpoint_NeverGoesBack()
    {
        DatabaseCheckpointStore checkpoints = Database.Checkpoints();
        await checkpoints.SaveAsync("c", new LogPosition(5), Stop);
        LogPosition end = Database.Log.Range.End;
        await checkpoints.SaveAsync("c", new LogPosition(3), Stop);
        await checkpoints.SaveAsync("c", new LogPosition(5), Stop);

        (await checkpoints.ReadAsync("c", Stop)).Should().Be(new LogPosition(5));
        (await checkpoints.ReadAsync("nobody", Stop)).Should().Be(LogPosition.Start);
        Database.Log.Range.End.Should().Be(end, "saving what is not newer writes nothing");
    }

    protected abstract ValueTask<Database> OpenAsync();

    protected virtual ValueTask CloseAsync() => Database.DisposeAsync();
}
