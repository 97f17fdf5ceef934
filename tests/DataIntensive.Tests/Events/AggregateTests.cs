namespace DataIntensive.Tests.Events;

public sealed class AggregateTests : IAsyncDisposable
{
    private readonly Database _database = Database.InMemory(new DatabaseSchema().AddEvents(TestEvents.Map));
    private readonly AggregateRepository<BankAccount> _accounts;

    public AggregateTests() => _accounts = new AggregateRepository<BankAccount>(_database.Events());

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SaveThenLoad_GivesTheSameState()
    {
        BankAccount account = await _accounts.LoadAsync("account-1", Stop);
        (account.Id, account.Version, account.Balance).Should().Be((new StreamId("account-1"), 0, 0));
        account.Deposit(100.10m);
        account.Withdraw(0.05m);
        (await _accounts.SaveAsync(account, Stop)).OrThrow().Version.Should().Be(2);
        (account.Version, account.Pending.Count).Should().Be((2, 0));
        account.Deposit(1);
        (await _accounts.SaveAsync(account, Stop)).OrThrow();

        BankAccount loaded = await _accounts.LoadAsync("account-1", Stop);

        (loaded.Balance, loaded.Version, loaded.Pending.Count).Should().Be((101.05m, 3, 0));
    }

    [Fact]
    public async Task Withdraw_MoreThanTheBalance_IsRefusedAndStoresNothing()
    {
        BankAccount account = await _accounts.LoadAsync("account-1", Stop);
        account.Deposit(10);
        await _accounts.SaveAsync(account, Stop);

        account.Invoking(a => a.Withdraw(10.01m)).Should().Throw<InvalidOperationException>();
        (await _accounts.SaveAsync(account, Stop)).Succeeded.Should().BeTrue();

        _database.Events().Head.Should().Be(new EventPosition(1));
        (await _accounts.LoadAsync("account-1", Stop)).Balance.Should().Be(10);
    }

    [Fact]
    public async Task TwoAccounts_NeverMix()
    {
        for (int i = 1; i <= 5; i++)
        {
            foreach (string id in (string[])["account-1", "account-11"])
            {
                BankAccount account = await _accounts.LoadAsync(id, Stop);
                account.Deposit(id == "account-1" ? i : 100 * i);
                (await _accounts.SaveAsync(account, Stop)).OrThrow();
            }
        }

        (await _accounts.LoadAsync("account-1", Stop)).Balance.Should().Be(15);
        (await _accounts.LoadAsync("account-11", Stop)).Balance.Should().Be(1500);
    }

    [Fact]
    public async Task Save_WhenSomebodySavedMeanwhile_IsAConflictAndKeepsWhatIsPending()
    {
        BankAccount mine = await _accounts.LoadAsync("account-1", Stop);
        BankAccount theirs = await _accounts.LoadAsync("account-1", Stop);
        mine.Deposit(1);
        theirs.Deposit(2);
        (await _accounts.SaveAsync(theirs, Stop)).OrThrow();

        AppendResult result = await _accounts.SaveAsync(mine, Stop);

        (result.Succeeded, result.Version).Should().Be((false, 1));
        (mine.Version, mine.Pending.Count).Should().Be((0, 1));
        (await _accounts.LoadAsync("account-1", Stop)).Balance.Should().Be(2);
    }

    [Fact]
    public async Task Save_OfAnAggregateThatWasNeverLoaded_IsRefused()
    {
        BankAccount account = new();
        account.Deposit(1);

        await _accounts.Awaiting(accounts => accounts.SaveAsync(account, Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
