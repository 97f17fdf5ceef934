using DataIntensive.Idempotency;
using DataIntensive.Testing;

namespace DataIntensive.Tests.Idempotency;

/// <summary>Steps of an operation whose effect is in its processor's database: effect and record are one commit.</summary>
public sealed class StepInTransactionTests : IAsyncDisposable
{
    private static readonly IdempotencyKey Key = IdempotencyKey.Create("test", "a");
    private static readonly IdempotencyCall<long> Again = new() { WhenUnknown = UnknownOutcomePolicy.Rerun };

    private readonly Database _database = Database.InMemory(Schema);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static DatabaseSchema Schema => new DatabaseSchema()
        .AddIdempotency(new IdempotencyOptions { MaxResultBytes = 100 })
        .AddStore<string, long>("accounts");

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Step_ThatWasRecorded_IsNotDoneAgain()
    {
        Func<Task> failing = async () => await _database.Idempotency().ExecuteAsync<long>(
            Key,
            async context =>
            {
                (await DepositAsync(context, _database, "one")).Should().Be(1);
                throw new InvalidDataException("for now");
            },
            cancellationToken: Stop);
        await failing.Should().ThrowAsync<InvalidDataException>();

        IdempotentResult<long> result = await _database.Idempotency().ExecuteAsync(Key, context => DepositAsync(context, _database, "one"), cancellationToken: Stop);

        result.Should().Be(new IdempotentResult<long>(1, IdempotencyOutcome.Executed));
        BalanceIn(_database, "one").Should().Be(1);
    }

    [Fact]
    public async Task Step_ThatThrows_LeavesNeitherEffectNorRecord()
    {
        Func<Task> failing = async () => await _database.Idempotency().ExecuteAsync(
            Key,
            async context => await context.StepInTransactionAsync<long>(
                "one",
                transaction =>
                {
                    Deposit(transaction, _database, "one");
                    throw new InvalidDataException("no");
                }),
            cancellationToken: Stop);
        await failing.Should().ThrowAsync<InvalidDataException>();

        BalanceIn(_database, "one").Should().Be(0);
        (await _database.Idempotency().ExecuteAsync(Key, context => DepositAsync(context, _database, "one"), cancellationToken: Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task Step_WhoseResultIsTooLarge_LeavesNeitherEffectNorRecord()
    {
        Func<Task> failing = async () => await _database.Idempotency().ExecuteAsync(
            Key,
            async context => await context.StepInTransactionAsync(
                "one",
                transaction =>
                {
                    Deposit(transaction, _database, "one");
                    return new string('x', 101);
                }),
            cancellationToken: Stop);
        await failing.Should().ThrowAsync<ArgumentException>();

        BalanceIn(_database, "one").Should().Be(0);
        (await _database.Idempotency().ExecuteAsync(Key, context => DepositAsync(context, _database, "one"), cancellationToken: Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task Step_OfADefiniteFailure_IsUndone()
    {
        IdempotentFailureException failure = new(new DefiniteFailure("declined", "No."));
        Func<Task> failing = async () => await _database.Idempotency().ExecuteAsync<long>(
            Key,
            async context =>
            {
                await context.StepInTransactionAsync(
                    "one",
                    transaction => Deposit(transaction, _database, "one"),
                    async (balance, stop) => await _database.Store<string, long>("accounts").WriteAsync("one", balance - 1, cancellationToken: stop));
                throw failure;
            },
            cancellationToken: Stop);

        await failing.Should().ThrowAsync<IdempotentFailureException>();

        BalanceIn(_database, "one").Should().Be(0);
    }

    [Fact]
    public async Task Step_InMemoryAlone_IsRefusedAndTheKeyStaysFree()
    {
        InMemoryIdempotencyProcessor keys = IdempotencyProcessor.InMemory();

        await keys.Awaiting(one => one.ExecuteAsync(Key, context => DepositAsync(context, _database, "one"), cancellationToken: Stop).AsTask()).Should().ThrowAsync<NotSupportedException>();

        (await keys.ExecuteAsync(Key, _ => new ValueTask<long>(1), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Theory]
    [InlineData(CrashKind.ProcessOnly)]
    [InlineData(CrashKind.PowerCut)]
    public async Task Steps_OverACrashAtAnyOperationOfTheDisk_HaveTheirEffectsOnce(CrashKind kind)
    {
        int crashes = 0;
        HashSet<long> left = [];
        for (int at = 1; ; at++)
        {
            using FaultyStorage disk = new(new FaultyStorageOptions { Seed = (ulong)at, CrashAtOperation = at });
            try
            {
                await LifeAsync(disk, []);
            }
            catch (Exception) when (disk.Report.CrashedAt is not null)
            {
                crashes++;
            }

            if (disk.Report.CrashedAt is null)
            {
                break;
            }

            using FaultyStorage next = disk.AfterCrash(kind);
            (await LifeAsync(next, left)).Should().Be(2, "crash at operation {0}", at);
        }

        crashes.Should().BeGreaterThan(8);
        left.Should().BeEquivalentTo([0L, 1L, 2L], "crashes came before the first step, between the two, and behind them");
    }

    private static async Task<long> LifeAsync(FaultyStorage disk, HashSet<long> left)
    {
        CommitLog log = await CommitLog.OpenAsync(disk, cancellationToken: Stop);
        await using Database database = await Database.OpenAsync(log, Schema, cancellationToken: Stop);
        left.Add(BalanceIn(database, "one") + BalanceIn(database, "two"));
        IdempotentResult<long> result = await database.Idempotency().ExecuteAsync(
            Key,
            async context => await DepositAsync(context, database, "one") + await DepositAsync(context, database, "two"),
            Again,
            Stop);
        (BalanceIn(database, "one"), BalanceIn(database, "two")).Should().Be((1, 1));
        return result.Value;
    }

    private static long BalanceIn(Database database, string account) => database.Store<string, long>("accounts").Read(account).Value;

    private static ValueTask<long> DepositAsync(IdempotencyContext context, Database database, string account) =>
        context.StepInTransactionAsync(account, transaction => Deposit(transaction, database, account));

    private static long Deposit(DatabaseTransaction transaction, Database database, string account) =>
        database.Store<string, long>("accounts").In(transaction).Update(account, entry => entry.Value + 1);
}
