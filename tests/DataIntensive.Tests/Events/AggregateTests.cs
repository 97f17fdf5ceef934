namespace DataIntensive.Tests.Events;

public sealed class AggregateTests : IAsyncDisposable
{
    private static readonly SettableTime Time = new();

    private readonly Database _database = Database.InMemory(new DatabaseSchema().AddEvents(TestEvents.Map).AddFoldSnapshots().AddStore<string, int>("others"), new DatabaseOptions { TimeProvider = Time });
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

    [Fact]
    public async Task Load_AsOfAVersionOrATime_GivesTheStateOfThen()
    {
        DateTimeOffset start = Time.Now;
        for (int i = 1; i <= 3; i++)
        {
            Time.Now = start.AddMinutes(i);
            await _accounts.UpdateAsync("account-1", account => account.Deposit(i), cancellationToken: Stop);
        }

        (await _accounts.LoadAsync("account-1", 2, Stop)).Balance.Should().Be(3);
        (await _accounts.LoadAsync("account-1", start.AddMinutes(1.5), Stop)).Balance.Should().Be(1);
        BankAccount past = await _accounts.LoadAsync("account-1", 1, Stop);
        past.Deposit(100);
        (await _accounts.SaveAsync(past, Stop)).Succeeded.Should().BeFalse("its stream has gone on since");
    }

    [Fact]
    public async Task Update_WhenSomebodyWasFaster_IsRepeatedOnWhatIsThere_AndGivesUpInTheEnd()
    {
        int runs = 0;
        BankAccount updated = await _accounts.UpdateAsync(
            "account-1",
            account =>
            {
                if (++runs == 1)
                {
                    _database.Events().AppendAsync("account-1", [new Deposited(5)], Stop).AsTask().GetAwaiter().GetResult();
                }

                account.Deposit(1);
            },
            cancellationToken: Stop);
        (runs, updated.Balance, updated.Version, updated.Pending.Count).Should().Be((2, 6, 2, 0));

        DecisionExhaustedException exhausted = (await _accounts.Awaiting(accounts => accounts.UpdateAsync(
            "account-1",
            account =>
            {
                _database.Events().AppendAsync("account-1", [new Deposited(5)], Stop).AsTask().GetAwaiter().GetResult();
                account.Deposit(1);
            },
            maxAttempts: 3,
            Stop).AsTask()).Should().ThrowAsync<DecisionExhaustedException>()).Which;
        exhausted.Attempts.Should().Be(3);
        await _accounts.Awaiting(accounts => accounts.UpdateAsync("account-1", account => account.Withdraw(1000), cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Save_InATransaction_IsPartOfIt()
    {
        DatabaseStore<string, int> others = _database.Store<string, int>("others");
        await _database.TransactAsync(
            async transaction =>
            {
                BankAccount account = await _accounts.LoadAsync("account-1", Stop);
                account.Deposit(7);
                (await _accounts.SaveAsync(account, transaction, Stop)).OrThrow();
                account.Withdraw(2);
                (await _accounts.SaveAsync(account, transaction, Stop)).OrThrow();
                others.In(transaction).Write("done", 1);
            },
            cancellationToken: Stop);

        BankAccount saved = await _accounts.LoadAsync("account-1", Stop);
        (saved.Balance, saved.Version, others.Read("done").Value).Should().Be((5, 2, 1));
    }

    [Fact]
    public async Task Load_WithASnapshot_AppliesWhatIsBehindIt()
    {
        FoldSnapshots<decimal> snapshots = new(_database.FoldSnapshots(), "balance", Codecs.Decimal, 1, new FoldSnapshotOptions { EveryEvents = 10 });
        int applied = 0;
        AggregateRepository<BankAccount> accounts = new(
            _database.Events(),
            AggregateSnapshots<BankAccount>.Of(snapshots, account => account.Balance, (account, balance) =>
            {
                applied++;
                account.Restore(balance);
            }));
        for (int i = 1; i <= 25; i++)
        {
            await accounts.UpdateAsync("account-1", account => account.Deposit(i), cancellationToken: Stop);
            await snapshots.FlushAsync(Stop);
        }

        BankAccount loaded = await accounts.LoadAsync("account-1", Stop);
        (loaded.Balance, loaded.Version, loaded.Id).Should().Be((325, 25, new StreamId("account-1")));
        (snapshots.Written, applied).Should().Be((2, 15));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
