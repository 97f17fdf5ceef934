using System.Buffers;

namespace DataIntensive.Tests.Idempotency;

/// <summary>What a processor does in every database.</summary>
public abstract class DatabaseIdempotencyProcessorContract : IdempotencyProcessorContract
{
    protected static DatabaseSchema Schema { get; } = new DatabaseSchema()
        .AddIdempotency(Options)
        .AddIdempotency(new IdempotencyOptions { MaxResultBytes = 10 }, "small")
        .AddStore<string, long>("accounts");

    protected Database Database { get; set; } = null!;

    protected DatabaseIdempotencyProcessor Keys => (DatabaseIdempotencyProcessor)Processor;

    protected DatabaseStore<string, long> Accounts => Database.Store<string, long>("accounts");

    protected override int RunningCount => Keys.RunningCount;

    protected override int CompletedCount => Keys.CompletedCount;

    [Fact]
    public async Task ExecuteInTransaction_Twice_HasOneEffectAndReplays()
    {
        IdempotentResult<long> first = await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop);
        IdempotentResult<long> second = await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop);

        first.Should().Be(new IdempotentResult<long>(1, IdempotencyOutcome.Executed));
        second.Should().Be(new IdempotentResult<long>(1, IdempotencyOutcome.Replayed));
        Accounts.Read("a").Value.Should().Be(1);
    }

    [Fact]
    public async Task ExecuteInTransaction_ByManyAtOnce_HasOneEffectPerKey()
    {
        Task<int>[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            int executed = 0;
            for (int i = 0; i < 50; i++)
            {
                IdempotentResult<long> result = await Keys.ExecuteInTransactionAsync(IdempotencyKey.Create("test", i), Deposit, cancellationToken: Stop);
                executed += result.Outcome == IdempotencyOutcome.Executed ? 1 : 0;
            }

            return executed;
        }))];

        (await Task.WhenAll(callers)).Sum().Should().Be(50);
        Accounts.Read("a").Value.Should().Be(50);
    }

    [Fact]
    public async Task ExecuteInTransaction_WithoutResult_HasOneEffect()
    {
        IdempotencyOutcome first = await Keys.ExecuteInTransactionAsync(Key, transaction => { Deposit(transaction); }, cancellationToken: Stop);
        IdempotencyOutcome second = await Keys.ExecuteInTransactionAsync(Key, transaction => { Deposit(transaction); }, cancellationToken: Stop);

        (first, second).Should().Be((IdempotencyOutcome.Executed, IdempotencyOutcome.Replayed));
        Accounts.Read("a").Value.Should().Be(1);
    }

    [Fact]
    public async Task ExecuteInTransaction_AnEffectThatThrows_LeavesNeitherEffectNorKey()
    {
        await Keys.Awaiting(keys => keys.ExecuteInTransactionAsync<long>(
            Key,
            transaction =>
            {
                Deposit(transaction);
                throw new InvalidDataException("no");
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();

        Accounts.Read("a").Exists.Should().BeFalse();
        (await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task In_ATransactionThatIsRolledBack_LeavesNeitherEffectNorKey()
    {
        using (DatabaseTransaction transaction = Database.Begin())
        {
            Keys.In(transaction).Once(Key, () => Deposit(transaction)).Outcome.Should().Be(IdempotencyOutcome.Executed);
            Keys.In(transaction).Once(Key, () => Deposit(transaction)).Outcome.Should().Be(IdempotencyOutcome.Replayed);
        }

        Accounts.Read("a").Exists.Should().BeFalse();
        await Database.ExecuteAsync(transaction => Keys.In(transaction).TryReplay<long>(Key, out _).Should().BeFalse(), cancellationToken: Stop);
    }

    [Fact]
    public async Task In_TwoRacingTransactions_TheSecondConflictsAndReplaysWhenRunAgain()
    {
        using DatabaseTransaction first = Database.Begin();
        using DatabaseTransaction second = Database.Begin();
        Keys.In(first).Once(Key, () => Deposit(first));
        Keys.In(second).Once(Key, () => { Accounts.In(second).Write("b", 1); });

        await first.CommitAsync(cancellationToken: Stop);
        await second.Awaiting(transaction => transaction.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();

        Accounts.Read("b").Exists.Should().BeFalse();
        using DatabaseTransaction third = Database.Begin();
        Keys.In(third).Once(Key, () => Deposit(third)).Should().Be(new IdempotentResult<long>(1, IdempotencyOutcome.Replayed));
    }

    [Theory]
    [InlineData(TransactionIsolation.Serializable)]
    [InlineData(TransactionIsolation.Snapshot)]
    public async Task In_ManyRacingTransactions_HaveOneEffect(TransactionIsolation isolation)
    {
        Task<IdempotentResult<long>>[] callers = [.. Enumerable.Range(0, 10).Select(i => Task.Run(async () => await Database.TransactAsync(
            async transaction =>
            {
                // Each on an account of its own, so that the key is all they collide over.
                IdempotentResult<long> result = Keys.In(transaction).Once(Key, () => Accounts.In(transaction).Update($"account {i}", entry => entry.Value + 1));
                await Task.Yield();
                return result;
            },
            isolation,
            cancellationToken: Stop)))];
        IdempotentResult<long>[] results = await Task.WhenAll(callers);

        results.Count(result => result.Outcome == IdempotencyOutcome.Executed).Should().Be(1);
        Enumerable.Range(0, 10).Count(i => Accounts.Read($"account {i}").Exists).Should().Be(1);
    }

    [Fact]
    public async Task In_AKeyThatWasReadAsFree_ConflictsWhenAnotherCompletesIt()
    {
        using DatabaseTransaction reader = Database.Begin();
        Keys.In(reader).TryReplay<long>(Key, out _).Should().BeFalse();
        Accounts.In(reader).Write("b", 1);

        await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop);

        await reader.Awaiting(transaction => transaction.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
    }

    [Fact]
    public async Task In_ACompletedKeyOrATransactionOfAnotherDatabase_IsRefused()
    {
        await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop);
        await using Database other = Database.InMemory(Schema);
        using DatabaseTransaction transaction = Database.Begin();
        using DatabaseTransaction foreign = other.Begin();

        Keys.Invoking(keys => keys.In(transaction).Complete(Key, 1L)).Should().Throw<InvalidOperationException>();
        Keys.Invoking(keys => keys.In(transaction).Complete(default, 1L)).Should().Throw<ArgumentException>();
        Keys.Invoking(keys => keys.In(foreign)).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task In_AfterTheRetention_HasTheEffectAgain()
    {
        await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop);
        Time.Advance(Options.Retention);

        await Database.TransactAsync(
            transaction =>
            {
                Keys.In(transaction).Once(Key, () => Deposit(transaction)).Outcome.Should().Be(IdempotencyOutcome.Executed);
                return ValueTask.CompletedTask;
            },
            cancellationToken: Stop);

        (await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop)).Should().Be(new IdempotentResult<long>(2, IdempotencyOutcome.Replayed));
    }

    [Fact]
    public async Task ExecuteAndTransactions_OnOneKey_NeverHaveTwoEffects()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using DatabaseTransaction begunBefore = Database.Begin();
        Keys.In(begunBefore).Once(Key, () => Deposit(begunBefore));
        Task<IdempotentResult<int>> running = ExecuteGatedAsync(gate.Task, _ => { }, Stop);

        await begunBefore.Awaiting(transaction => transaction.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
        await Keys.Awaiting(keys => keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        gate.SetResult();
        await running;

        Accounts.Read("a").Exists.Should().BeFalse();
        IdempotentResult<int> replayed = await Keys.ExecuteInTransactionAsync(Key, _ => 0, cancellationToken: Stop);
        replayed.Should().Be(new IdempotentResult<int>(7, IdempotencyOutcome.Replayed));
    }

    [Fact]
    public async Task Execute_WithAResultThatCannotBeKept_CompletesTheKeyWithoutIt()
    {
        DatabaseIdempotencyProcessor small = Database.Idempotency("small");
        (await small.ExecuteAsync(Key, _ => new ValueTask<string>("more than ten"), cancellationToken: Stop)).Value.Should().Be("more than ten");
        await small.Awaiting(keys => keys.ExecuteAsync(Key, _ => new ValueTask<string>(""), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<IdempotentResultUnavailableException>();

        (await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(1), new BrokenCodec(), Stop)).Value.Should().Be(1);
        await Keys.Awaiting(keys => keys.ExecuteAsync(Key, _ => new ValueTask<int>(2), new BrokenCodec(), Stop).AsTask())
            .Should().ThrowAsync<IdempotentResultUnavailableException>();
    }

    [Fact]
    public async Task Complete_WithAResultThatCannotBeKept_IsRefusedWithItsTransaction()
    {
        DatabaseIdempotencyProcessor small = Database.Idempotency("small");
        await small.Awaiting(keys => keys.ExecuteInTransactionAsync(
            Key,
            transaction =>
            {
                Deposit(transaction);
                return "more than ten";
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<ArgumentException>();

        Accounts.Read("a").Exists.Should().BeFalse();
        (await small.ExecuteInTransactionAsync(Key, _ => "ten", cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task Execute_WithoutACodec_IsRefusedBeforeTheEffect()
    {
        bool ran = false;

        await Keys.Awaiting(keys => keys.ExecuteAsync(
            Key,
            _ =>
            {
                ran = true;
                return new ValueTask<Version>(new Version());
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<ArgumentException>();

        ran.Should().BeFalse();
    }

    [Fact]
    public async Task Execute_WhenTheDatabaseClosesMeanwhile_SaysThatTheOutcomeIsUnknown()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>> running = ExecuteGatedAsync(gate.Task, _ => { }, Stop);
        await Database.DisposeAsync();
        gate.SetResult();

        (await running.Awaiting(task => task).Should().ThrowAsync<IdempotencyOutcomeUnknownException>()).Which.Key.Should().Be(Key);

        bool ran = false;
        await Keys.Awaiting(keys => keys.ExecuteAsync(Key, async _ => { ran = true; await Task.Yield(); }, Stop).AsTask())
            .Should().ThrowAsync<ObjectDisposedException>();
        ran.Should().BeFalse();
    }

    [Fact]
    public void Idempotency_NotDeclared_IsRefused() =>
        Database.Invoking(database => database.Idempotency("nobody")).Should().Throw<InvalidOperationException>();

    protected override async ValueTask<IIdempotencyProcessor> OpenAsync()
    {
        Database = await OpenDatabaseAsync();
        return Database.Idempotency();
    }

    protected abstract ValueTask<Database> OpenDatabaseAsync();

    protected override ValueTask CloseAsync() => Database.DisposeAsync();

    protected long Deposit(DatabaseTransaction transaction) => Accounts.In(transaction).Update("a", entry => entry.Value + 1);

    private sealed class BrokenCodec : ICodec<int>
    {
        public string Name => "broken";

        public byte Version => 1;

        public void Write(int value, IBufferWriter<byte> destination) => throw new InvalidDataException("broken");

        public int Read(ReadOnlySpan<byte> source, byte version) => 0;
    }
}

public sealed class MemoryDatabaseIdempotencyProcessorTests : DatabaseIdempotencyProcessorContract
{
    protected override ValueTask<Database> OpenDatabaseAsync() => new(Database.InMemory(Schema, new DatabaseOptions { TimeProvider = Time }));
}

public sealed class LoggedDatabaseIdempotencyProcessorTests : DatabaseIdempotencyProcessorContract
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Reopen_ReplaysBothModes()
    {
        IdempotencyKey external = IdempotencyKey.Create("external");
        IdempotencyKey nothing = IdempotencyKey.Create("nothing");
        await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop);
        await Keys.ExecuteAsync(external, _ => new ValueTask<string>("done"), cancellationToken: Stop);
        await Keys.ExecuteAsync<string?>(nothing, _ => default, Codecs.String!, Stop);

        await ReopenAsync();

        (await Keys.ExecuteInTransactionAsync(Key, Deposit, cancellationToken: Stop)).Should().Be(new IdempotentResult<long>(1, IdempotencyOutcome.Replayed));
        (await Keys.ExecuteAsync(external, _ => new ValueTask<string>("again"), cancellationToken: Stop)).Should().Be(new IdempotentResult<string>("done", IdempotencyOutcome.Replayed));
        (await Keys.ExecuteAsync<string?>(nothing, _ => new("again"), Codecs.String!, Stop)).Should().Be(new IdempotentResult<string?>(null, IdempotencyOutcome.Replayed));
        Accounts.Read("a").Value.Should().Be(1);
    }

    [Fact]
    public async Task Reopen_AfterTheRetention_RunsAgainAndHoldsNothing()
    {
        await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);
        Time.Advance(Options.Retention);

        await ReopenAsync();

        CompletedCount.Should().Be(0);
        (await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Executed));
        await ReopenAsync();
        (await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(3), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Replayed));
    }

    [Fact]
    public async Task Reopen_WithTheClockSetBack_RevivesNothing()
    {
        DateTimeOffset start = Time.GetUtcNow();
        await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);
        Time.Advance(Options.Retention);
        await Keys.ExecuteAsync(IdempotencyKey.Create("other"), _ => new ValueTask<int>(1), cancellationToken: Stop);

        Time.AdjustTime(start);
        await ReopenAsync();

        (await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Executed));
    }

    [Fact]
    public async Task Reopen_PastMaxKeys_HoldsTheSameKeys()
    {
        for (int i = 0; i < Options.MaxKeys + 10; i++)
        {
            await Keys.ExecuteAsync(IdempotencyKey.Create("test", i), _ => new ValueTask<int>(i), cancellationToken: Stop);
        }

        await ReopenAsync();

        CompletedCount.Should().Be(Options.MaxKeys);
        (await Keys.ExecuteAsync(IdempotencyKey.Create("test", 10), _ => new ValueTask<int>(0), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Replayed);
        (await Keys.ExecuteAsync(IdempotencyKey.Create("test", 9), _ => new ValueTask<int>(0), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task Reopen_WithAnOlderCodec_GivesATypedErrorAndRunsNothing()
    {
        await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(1), Codecs.Json<int>("number", version: 2), Stop);

        await ReopenAsync();

        IdempotentResultUnavailableException refusal = (await Keys
            .Awaiting(keys => keys.ExecuteAsync(Key, _ => new ValueTask<int>(2), Codecs.Json<int>("number", version: 1), Stop).AsTask())
            .Should().ThrowAsync<IdempotentResultUnavailableException>()).Which;
        refusal.Stored.Should().Be("json:number version 2");
        refusal.Asked.Should().Be("json:number version 1");
        (await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(2), Codecs.Json<int>("number", version: 2), Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task Reopen_FromAStateSnapshot_KnowsEveryKey()
    {
        IdempotencyKey later = IdempotencyKey.Create("later");
        IdempotencyKey unknown = IdempotencyKey.Create("unknown");
        IdempotencyKey paused = IdempotencyKey.Create("paused");
        await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);
        await Keys.Awaiting(keys => keys.ExecuteAsync<int>(unknown, _ => throw new IdempotencyOutcomeUnknownException(unknown, new InvalidDataException()), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<IdempotencyOutcomeUnknownException>();
        await Keys.Awaiting(keys => keys.ExecuteAsync<int>(
            paused,
            async context =>
            {
                await context.StepAsync("step", _ => new ValueTask<int>(5));
                throw new InvalidDataException("for now");
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();

        // Behind this one the release is durable too, which nothing else is on a clock that stands still.
        await Accounts.WriteAsync("a", 1, cancellationToken: Stop);
        await Database.SnapshotAsync(Stop);
        await Keys.ExecuteAsync(later, _ => new ValueTask<int>(2), cancellationToken: Stop);

        await ReopenAsync();

        Database.StateSnapshots.Should().NotBeEmpty();
        (await Keys.ExecuteAsync(Key, _ => new ValueTask<int>(0), cancellationToken: Stop)).Value.Should().Be(1);
        (await Keys.ExecuteAsync(later, _ => new ValueTask<int>(0), cancellationToken: Stop)).Value.Should().Be(2);
        await Keys.Awaiting(keys => keys.ExecuteAsync(unknown, _ => new ValueTask<int>(0), cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotencyOutcomeUnknownException>();
        (await Keys.ExecuteAsync(paused, async context => await context.StepAsync<int>("step", _ => throw new InvalidDataException("again")), cancellationToken: Stop)).Value.Should().Be(5);
    }

    protected override async ValueTask<Database> OpenDatabaseAsync() =>
        await Database.OpenAsync(_directory.Path, Schema, new DatabaseOptions { TimeProvider = Time });

    protected override async ValueTask CloseAsync()
    {
        await base.CloseAsync();
        _directory.Dispose();
    }

    private async Task ReopenAsync()
    {
        await Database.DisposeAsync();
        Processor = await OpenAsync();
    }
}
