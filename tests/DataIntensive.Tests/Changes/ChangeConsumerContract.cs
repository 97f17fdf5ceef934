namespace DataIntensive.Tests.Changes;

public sealed class MemoryChangeConsumerTests : ChangeConsumerContract
{
    protected override bool IsLogged => false;
}

public sealed class LoggedChangeConsumerTests : ChangeConsumerContract
{
    protected override bool IsLogged => true;
}

/// <summary>What every <see cref="IChangeConsumer"/> does over a database, in memory and in files.</summary>
public abstract class ChangeConsumerContract : ChangesFixture
{
    [Fact]
    public async Task TwoTables_EachHandlerGetsItsChangesOnce_InOneOrderAcrossBoth()
    {
        List<string> seen = [];
        await Products.InsertAsync("a", 1, Stop);
        await Database.ExecuteAsync(
            transaction =>
            {
                Orders.In(transaction).Insert(1, "x");
                Products.In(transaction).Update("a", 1, 2);
                Orders.In(transaction).Delete(1, "x");
            },
            cancellationToken: Stop);
        await Products.DeleteAsync("a", 2, Stop);
        ChangeConsumer consumer = ChangeConsumer.Create(Database, "both")
            .On<string, int>("products", (_, change) => seen.Add($"product {change.Operation} {change.Key}"))
            .On<int, string>("orders", (_, change) => seen.Add($"order {change.Operation} {change.Key}"));

        await consumer.RunToEndAsync(Stop);
        await consumer.RunToEndAsync(Stop);

        seen.Should().Equal("product Insert a", "order Insert 1", "product Update a", "order Delete 1", "product Delete a");
        consumer.Handled.Should().Be(5);
    }

    [Fact]
    public async Task OnOther_GetsWhatNoHandlerTakes_AndNothingElse()
    {
        List<ChangeEvent> products = [];
        List<ChangeEvent> other = [];
        await Products.InsertAsync("a", 1, Stop);
        await Orders.InsertAsync(1, "x", Stop);

        await ChangeConsumer.Create(Database, "all")
            .On<string, int>("products", (_, change) => products.Add(change))
            .OnOther((_, change) => other.Add(change))
            .RunToEndAsync(Stop);

        products.Should().ContainSingle().Which.Table.Should().Be("products");
        other.Should().ContainSingle().Which.Should().BeOfType<ChangeEvent<int, string>>().Which.After.Should().Be("x");
    }

    [Fact]
    public async Task ATableWithoutHandler_IsIgnored_OrStopsTheConsumerBeforeItsTransaction()
    {
        int handled = 0;
        await Products.InsertAsync("a", 1, Stop);
        LogPosition commit = await Database.ExecuteAsync(
            transaction =>
            {
                Products.In(transaction).Insert("b", 1);
                Orders.In(transaction).Insert(1, "x");
            },
            cancellationToken: Stop);

        ChangeConsumer strict = ChangeConsumer.Create(Database, "strict", new ChangeConsumerOptions { UnhandledTables = UnhandledTables.Fail })
            .On<string, int>("products", (_, _) => handled++);
        ChangeHandlerException stopped = (await strict.Awaiting(consumer => consumer.RunToEndAsync(Stop)).Should().ThrowAsync<ChangeHandlerException>()).Which;

        (stopped.Consumer, stopped.Table, stopped.Position, stopped.InnerException).Should().Be(("strict", "orders", new ChangePosition(commit, 1), null));
        handled.Should().Be(1);

        handled = 0;
        await ChangeConsumer.Create(Database, "lenient").On<string, int>("products", (_, _) => handled++).RunToEndAsync(Stop);
        handled.Should().Be(2);
    }

    [Fact]
    public async Task HandlerThatThrows_StopsTheConsumerBeforeThatChange_AndTheNextRunGoesOnThere()
    {
        List<ChangePosition> written = [];
        for (int i = 1; i <= 5; i++)
        {
            written.Add(await Products.InsertAsync($"p{i}", i, Stop));
        }

        bool mended = false;
        ChangeConsumer Consumer() => ChangeConsumer.Create(Database, "sum").On<string, int>("products", (transaction, change) =>
        {
            View.In(transaction).Update("sum", entry => entry.Value + change.After);
            if (change.After == 3 && !mended)
            {
                throw new InvalidDataException("three");
            }
        });
        ChangeConsumer first = Consumer();

        ChangeHandlerException stopped = (await first.Awaiting(consumer => consumer.RunToEndAsync(Stop)).Should().ThrowAsync<ChangeHandlerException>()).Which;

        (stopped.Consumer, stopped.Table, stopped.Position).Should().Be(("sum", "products", written[2]));
        stopped.Message.Should().Contain("sum").And.Contain("products").And.Contain(written[2].ToString()).And.Contain("three");
        stopped.InnerException.Should().BeOfType<InvalidDataException>();
        View.Read("sum").Value.Should().Be(3);
        Database.Checkpoints().Read("sum").Should().Be(written[1].Commit);
        first.Position.Should().Be(written[1].Commit);
        first.Handled.Should().Be(2);

        await RestartAsync();
        mended = true;
        ChangeConsumer second = Consumer();
        await second.RunToEndAsync(Stop);

        View.Read("sum").Value.Should().Be(15);
        (second.Handled, second.Skipped).Should().Be((3, 0));
    }

    [Fact]
    public async Task HandlerThatThrowsInsideATransaction_KeepsNothingOfIt_AndGetsAllOfItAgain()
    {
        await Database.ExecuteAsync(
            transaction =>
            {
                for (int i = 1; i <= 3; i++)
                {
                    Products.In(transaction).Insert($"p{i}", i);
                }
            },
            cancellationToken: Stop);
        bool crash = true;
        List<int> delivered = [];
        ChangeConsumer consumer = ChangeConsumer.Create(Database, "view").On<string, int>("products", (transaction, change) =>
        {
            View.In(transaction).Write(change.Key, change.After);
            delivered.Add(change.After);
            if (crash && change.After == 2)
            {
                throw new InvalidDataException("crash after row 2");
            }
        });

        await consumer.Awaiting(one => one.RunToEndAsync(Stop)).Should().ThrowAsync<ChangeHandlerException>();
        View.Read("p1").Exists.Should().BeFalse();
        Database.Checkpoints().Read("view").Should().Be(LogPosition.Start);

        crash = false;
        await consumer.RunToEndAsync(Stop);
        delivered.Should().Equal(1, 2, 1, 2, 3);
        View.Read("p3").Value.Should().Be(3);
    }

    [Fact]
    public async Task ACrashBetweenExternalHandlerAndCheckpoint_DeliversTheSameChangesAgain()
    {
        await Products.InsertAsync("a", 1, Stop);
        await Products.InsertAsync("b", 2, Stop);
        List<ChangePosition> delivered = [];
        InMemoryCheckpointStore kept = new();
        ChangeConsumer Consumer(ICheckpointStore checkpoints) => ChangeConsumer.Create(Database.ChangeSource(), checkpoints, "mail").OnExternal<string, int>("products", (change, _) =>
        {
            delivered.Add(change.Position);
            return ValueTask.CompletedTask;
        });

        await FluentActions.Awaiting(() => Consumer(new CrashingCheckpoints(kept)).RunToEndAsync(Stop)).Should().ThrowAsync<IOException>();
        delivered.Should().ContainSingle();
        await RestartAsync();
        await Consumer(kept).RunToEndAsync(Stop);
        await Consumer(kept).RunToEndAsync(Stop);

        delivered.Should().HaveCount(3);
        delivered[1].Should().Be(delivered[0]);
        delivered[2].Should().BeGreaterThan(delivered[1]);
    }

    [Fact]
    public async Task CancelWhileAnExternalHandlerWaits_StopsCleanly_AndLosesNothing()
    {
        await Products.InsertAsync("a", 1, Stop);
        ChangePosition second = await Products.InsertAsync("b", 2, Stop);
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        List<string> done = [];
        ChangeConsumer first = ChangeConsumer.Create(Database, "mail").OnExternal<string, int>("products", async (change, token) =>
        {
            if (change.Key == "b")
            {
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }

            done.Add(change.Key);
        });

        await first.Awaiting(consumer => consumer.RunAsync(cancel.Token)).Should().ThrowAsync<OperationCanceledException>();
        done.Should().Equal("a");
        await RestartAsync();
        await ChangeConsumer.Create(Database, "mail").OnExternal<string, int>("products", (change, _) =>
        {
            change.Position.Should().Be(second);
            done.Add(change.Key);
            return ValueTask.CompletedTask;
        }).RunToEndAsync(Stop);

        done.Should().Equal("a", "b");
    }

    [Fact]
    public async Task CancelAfterAnExternalHandlerIsDone_StillSavesItsCheckpoint()
    {
        ChangePosition only = await Products.InsertAsync("a", 1, Stop);
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        ChangeConsumer consumer = ChangeConsumer.Create(Database, "mail").OnExternal<string, int>("products", async (_, _) => await cancel.CancelAsync());

        await consumer.Awaiting(one => one.RunAsync(cancel.Token)).Should().ThrowAsync<OperationCanceledException>();

        Database.Checkpoints().Read("mail").Should().Be(only.Commit);
    }

    [Fact]
    public async Task CancelWhileFollowing_ThenRunAgain_HasEachEffectOnce()
    {
        const int Changes = 60;
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < Changes; i++)
            {
                await Products.InsertAsync($"p{i}", 1, Stop);
            }
        });

        // Every run is cancelled from inside a handler, so that its commit is under way when the run is told to stop.
        while (!writing.IsCompleted || View.Read("count").Value < Changes)
        {
            using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            int left = 3;
            ChangeConsumer consumer = ChangeConsumer.Create(Database, "count").On<string, int>("products", (transaction, _) =>
            {
                View.In(transaction).Update("count", entry => entry.Value + 1);
                if (--left == 0)
                {
                    cancel.Cancel();
                }
            });
            Task run = writing.IsCompleted ? consumer.RunToEndAsync(cancel.Token) : consumer.RunAsync(cancel.Token);
            await Task.WhenAny(run, writing.ContinueWith(_ => cancel.CancelAsync(), TaskScheduler.Default).Unwrap());
            await FluentActions.Awaiting(() => run).Should().NotThrowAsync<ChangeHandlerException>();
        }

        View.Read("count").Value.Should().Be(Changes);
    }

    [Fact]
    public async Task ATransactionThatIsAlreadyInTheCheckpoint_IsSkippedInsideItsOwnTransaction()
    {
        ScriptedSource source = new(ScriptedSource.Transaction(5, 0, 1))
        {
            // As if the commit of a run that was cancelled became durable just now.
            BeforeReading = () => Database.Checkpoints().SaveAsync("late", new LogPosition(5), Stop),
        };
        int handled = 0;
        ChangeConsumer consumer = ChangeConsumer.Create(source, Database.Checkpoints(), "late").On<string, int>("products", (_, _) => handled++);

        await consumer.RunToEndAsync(Stop);

        handled.Should().Be(0);
        (consumer.Handled, consumer.Skipped).Should().Be((0, 2));
    }

    [Fact]
    public async Task ChangesDeliveredTwice_AreDroppedAndCounted()
    {
        ScriptedSource source = new(
            ScriptedSource.Transaction(3, 0, 1, 1, 2),
            ScriptedSource.Transaction(3, 0, 1, 2),
            ScriptedSource.Transaction(4, 0),
            ScriptedSource.Transaction(3, 1));
        List<string> handled = [];
        ChangeConsumer consumer = ChangeConsumer.Create(source, Database.Checkpoints(), "twice").On<string, int>("products", (_, change) => handled.Add(change.Key));

        await consumer.RunToEndAsync(Stop);

        handled.Should().Equal("3.0", "3.1", "3.2", "4.0");
        consumer.Skipped.Should().Be(5);
        consumer.Position.Should().Be(new LogPosition(4));
    }

    [Fact]
    public async Task Run_FollowsWhatIsWrittenLater_AndEndsWithTheDatabase()
    {
        TaskCompletionSource<int> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task run = ChangeConsumer.Create(Database, "live").OnExternal<string, int>("products", (change, _) =>
        {
            seen.TrySetResult(change.After);
            return ValueTask.CompletedTask;
        }).RunAsync(Stop);

        await Products.InsertAsync("a", 7, Stop);
        (await seen.Task.WaitAsync(Stop)).Should().Be(7);
        await WaitUntilAsync(() => Database.Checkpoints().Read("live") > LogPosition.Start);
        await Database.DisposeAsync();

        await run.WaitAsync(Stop);
    }

    [Fact]
    public async Task ForeignChanges_AdvanceTheCheckpoint_ButOnlyAfterMany()
    {
        ChangeConsumerOptions options = new() { ForeignPositionsPerCheckpoint = 50 };
        ChangeConsumer consumer = ChangeConsumer.Create(Database, "orders only", options).On<int, string>("orders", (_, _) => { });
        ChangePosition own = await Orders.InsertAsync(1, "x", Stop);
        for (int i = 0; i < 49; i++)
        {
            await Products.InsertAsync("a", i, Stop);
        }

        // The consumer's own checkpoint stands behind the foreign records, and does not count.
        await consumer.RunToEndAsync(Stop);
        Database.Checkpoints().Read("orders only").Should().Be(own.Commit);
        consumer.Position.Value.Should().Be(own.Commit.Value + 49);
        await consumer.RunToEndAsync(Stop);
        Database.Checkpoints().Read("orders only").Should().Be(own.Commit);

        ChangePosition last = await Products.InsertAsync("a", 49, Stop);
        await consumer.RunToEndAsync(Stop);
        Database.Checkpoints().Read("orders only").Should().Be(last.Commit);
        consumer.Handled.Should().Be(1);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(10_000)]
    public async Task ThreeConsumersOfAnIdleDatabase_WriteNothing(long foreignPositionsPerCheckpoint)
    {
        ChangeConsumerOptions options = new() { ForeignPositionsPerCheckpoint = foreignPositionsPerCheckpoint };
        ChangeConsumer[] consumers =
        [
            ChangeConsumer.Create(Database, "view", options).On<string, int>("products", (transaction, change) => View.In(transaction).Write(change.Key, change.After)),
            ChangeConsumer.Create(Database, "mail", options).OnExternal<string, int>("products", (_, _) => ValueTask.CompletedTask),
            ChangeConsumer.Create(Database, "orders", options).On<int, string>("orders", (_, _) => { }),
        ];
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task[] runs = [.. consumers.Select(consumer => consumer.RunAsync(end.Token))];
        for (int i = 0; i < 5; i++)
        {
            await Products.InsertAsync($"p{i}", i, Stop);
        }

        // The last commit that is more than a checkpoint is a write to the view; all have gone past it when nobody has anything to do.
        await WaitUntilAsync(() => consumers[0].Handled == 5 && consumers[1].Handled == 5);
        ChangeTransaction newest = await NewestAsync();
        await WaitUntilAsync(() => consumers.All(consumer => consumer.Position == newest.Position));
        LogPosition before = Database.Log.Range.End;
        for (int round = 0; round < 20; round++)
        {
            await Task.Yield();
            await Database.Store<string, int>("view").ReadAsync("p0", Stop);
        }

        Database.Log.Range.End.Should().Be(before);
        await end.CancelAsync();
        await Task.WhenAll(runs.Select(run => run.ContinueWith(_ => { }, TaskScheduler.Default)));

        // Had a checkpoint woken anybody into writing another one, every further round would write.
        for (int round = 0; round < 3; round++)
        {
            foreach (ChangeConsumer consumer in consumers)
            {
                await consumer.RunToEndAsync(Stop);
            }
        }

        Database.Log.Range.End.Should().Be(before);
    }

    [Fact]
    public async Task ASecondConsumerOfTheSameName_IsRefusedWhileTheFirstRuns()
    {
        ChangeConsumer Consumer() => ChangeConsumer.Create(Database, "one").On<string, int>("products", (_, _) => { });
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        ChangeConsumer first = Consumer();
        Task run = first.RunAsync(end.Token);

        await Consumer().Awaiting(second => second.RunToEndAsync(Stop)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*'one'*");
        await first.Awaiting(same => same.RunToEndAsync(Stop)).Should().ThrowAsync<InvalidOperationException>();

        await end.CancelAsync();
        await FluentActions.Awaiting(() => run).Should().ThrowAsync<OperationCanceledException>();
        await Consumer().RunToEndAsync(Stop);
    }

    [Fact]
    public async Task ACheckpointBeyondTheSource_NamesBothPositions()
    {
        InMemoryCheckpointStore checkpoints = new();
        LogPosition ahead = new(Database.Visible.Value + 5);
        await checkpoints.SaveAsync("restored", ahead, Stop);
        ChangeConsumer consumer = ChangeConsumer.Create(Database.ChangeSource(), checkpoints, "restored").OnOtherExternal((_, _) => ValueTask.CompletedTask);

        CheckpointAheadException refused = (await consumer.Awaiting(one => one.RunToEndAsync(Stop)).Should().ThrowAsync<CheckpointAheadException>()).Which;

        (refused.Consumer, refused.Checkpoint, refused.End).Should().Be(("restored", ahead, Database.Visible));
    }

    [Fact]
    public async Task Registration_OfWhatCannotWork_IsRefused()
    {
        ChangeConsumer consumer = ChangeConsumer.Create(Database, "misuse");
        await Refused(one => one.RunToEndAsync(Stop), "*no handler*");
        Refuses(one => one.On<string, int>("prodcts", (_, _) => { }), "*'orders', 'products'*");
        Refuses(one => one.On<string, string>("products", (_, _) => { }), "*Int32*String*");
        consumer.On<string, int>("products", (_, _) => { });
        Refuses(one => one.On<string, int>("products", (_, _) => { }), "*already*");
        Refuses(one => one.OnExternal<int, string>("orders", (_, _) => ValueTask.CompletedTask), "*consumer of their own*");
        Refuses(one => one.OnOtherExternal((_, _) => ValueTask.CompletedTask), "*consumer of their own*");
        consumer.OnOther((_, _) => { });
        Refuses(one => one.OnOther((_, _) => { }), "*already*");
        await consumer.RunToEndAsync(Stop);
        Refuses(one => one.On<int, string>("orders", (_, _) => { }), "*before the consumer is run*");
        FluentActions.Invoking(() => ChangeConsumer.Create(Database.ChangeSource(), new InMemoryCheckpointStore(), "misuse").OnOther((_, _) => { }))
            .Should().Throw<InvalidOperationException>().WithMessage("*no transaction*");

        void Refuses(Action<ChangeConsumer> call, string message) => consumer.Invoking(call).Should().Throw<InvalidOperationException>().WithMessage(message);
        async Task Refused(Func<ChangeConsumer, Task> call, string message) => (await consumer.Awaiting(call).Should().ThrowAsync<InvalidOperationException>()).WithMessage(message);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1, Stop);
        }
    }

    private async Task<ChangeTransaction> NewestAsync() =>
        await Database.ChangeSource().ReadAsync(options: new ChangeReadOptions { Follow = false }, cancellationToken: Stop).LastAsync(Stop);

    /// <summary>The process ends before the first position is saved.</summary>
    private sealed class CrashingCheckpoints(InMemoryCheckpointStore inner) : ICheckpointStore
    {
        public ValueTask<LogPosition> ReadAsync(string consumer, CancellationToken cancellationToken = default) => inner.ReadAsync(consumer, cancellationToken);

        public ValueTask SaveAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default) => throw new IOException("The process ended.");

        public ValueTask ResetAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default) => inner.ResetAsync(consumer, position, cancellationToken);
    }
}
