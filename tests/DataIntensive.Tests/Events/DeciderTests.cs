namespace DataIntensive.Tests.Events;

public sealed class DeciderTests : IAsyncDisposable
{
    private static readonly Decider<decimal, decimal, object> Account = new(
        Initial: 0,
        Decide: (change, balance) =>
            change == 0 ? []
            : change > 0 ? [new Deposited(change)]
            : balance + change >= 0 ? [new Withdrawn(-change)]
            : throw new InvalidOperationException($"The balance is {balance}."),
        Evolve: (balance, @event) => @event is Deposited deposited ? balance + deposited.Amount : balance - ((Withdrawn)@event).Amount);

    private readonly Database _database = Database.InMemory(new DatabaseSchema().AddEvents(TestEvents.Map));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IEventStore Store => _database.Events();

    [Fact]
    public async Task Handle_AppendsWhatIsDecided_AndGivesTheNewState()
    {
        await Store.HandleAsync("account-1", Account, 10m, cancellationToken: Stop);
        Decision<decimal, object> decision = await Store.HandleAsync("account-1", Account, -3.5m, cancellationToken: Stop);

        decision.Should().BeEquivalentTo(new Decision<decimal, object>(6.5m, [new Withdrawn(3.5m)], 2));
        (await Store.ReadStreamAsync("account-1", cancellationToken: Stop).Select(e => e.Data).ToListAsync(Stop)).Should().Equal(new Deposited(10), new Withdrawn(3.5m));
    }

    [Fact]
    public async Task Handle_WhenTheDeciderRefuses_StoresNothing()
    {
        await Store.HandleAsync("account-1", Account, 10m, cancellationToken: Stop);

        await Store.Awaiting(store => store.HandleAsync("account-1", Account, -11m, cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();

        (await Store.HeadAsync(Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task Handle_WhenNothingIsDecided_GivesTheStateAndStoresNothing()
    {
        await Store.HandleAsync("account-1", Account, 10m, cancellationToken: Stop);

        Decision<decimal, object> decision = await Store.HandleAsync("account-1", Account, 0m, cancellationToken: Stop);

        (decision.State, decision.Events.Count, decision.Version).Should().Be((10m, 0, 1));
        (await Store.HeadAsync(Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task Handle_WhenSomebodyWasFaster_DecidesAgainOnWhatIsThere()
    {
        List<decimal> balances = [];
        Decider<decimal, decimal, object> disturbed = Account with
        {
            Decide = (change, balance) =>
            {
                balances.Add(balance);
                if (balances.Count <= 2)
                {
                    Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(5)], Stop).AsTask().GetAwaiter().GetResult();
                }

                return Account.Decide(change, balance);
            },
        };

        Decision<decimal, object> decision = await Store.HandleAsync("account-1", disturbed, 1m, cancellationToken: Stop);

        balances.Should().Equal(0, 5, 10);
        (decision.State, decision.Version).Should().Be((11m, 3));
    }

    [Fact]
    public async Task Handle_WhenOthersAreFasterEveryTime_GivesUp()
    {
        int attempts = 0;
        Decider<decimal, decimal, object> disturbed = Account with
        {
            Decide = (change, balance) =>
            {
                attempts++;
                Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(5)], Stop).AsTask().GetAwaiter().GetResult();
                return Account.Decide(change, balance);
            },
        };

        AppendConflictException conflict = (await Store.Awaiting(store => store.HandleAsync("account-1", disturbed, 1m, maxAttempts: 3, Stop).AsTask()).Should().ThrowAsync<AppendConflictException>()).Which;

        (attempts, conflict.Conflicts.Single().Actual).Should().Be((3, 3));
        (await Store.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(3);
    }

    [Fact]
    public async Task Handle_ByManyAtOnce_NeverOverdraws()
    {
        await Store.HandleAsync("account-1", Account, 20m, cancellationToken: Stop);
        int refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                try
                {
                    await Store.HandleAsync("account-1", Account, -1m, maxAttempts: 1000, Stop);
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })));

        refused.Should().Be(20);
        (await Store.VersionAsync("account-1", Stop)).Should().Be(21);
    }

    [Fact]
    public async Task Handle_OnAStreamWithAForeignEvent_SaysWhich()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 1)], Stop);
        Decider<decimal, decimal, Deposited> deposits = new(0, (change, _) => [new Deposited(change)], (balance, deposited) => balance + deposited.Amount);

        await Store.Awaiting(store => store.HandleAsync("a", deposits, 1m, cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<InvalidOperationException>().WithMessage("*'counted'*version 1*");
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
