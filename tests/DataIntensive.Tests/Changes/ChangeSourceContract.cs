using DataIntensive.Transactions;

namespace DataIntensive.Tests.Changes;

public sealed class MemoryChangeSourceTests : ChangeSourceContract
{
    protected override bool IsLogged => false;
}

public sealed class LoggedChangeSourceTests : ChangeSourceContract
{
    protected override bool IsLogged => true;
}

/// <summary>What producers record and a source gives.</summary>
public abstract class ChangeSourceContract : ChangesFixture
{
    [Fact]
    public async Task InsertUpdateDelete_AreReadInOrder_WithKeyBeforeAndAfter()
    {
        ChangePosition inserted = await Products.InsertAsync("pen", 1, Stop);
        ChangePosition updated = await Products.UpdateAsync("pen", 1, 2, Stop);
        ChangePosition deleted = await Products.DeleteAsync("pen", 2, Stop);
        await RestartAsync();

        List<ChangeEvent<string, int>> changes = [.. (await ReadAllAsync()).Cast<ChangeEvent<string, int>>()];

        changes.Select(change => (change.Operation, change.Key, change.HasBefore, change.Before, change.HasAfter, change.After)).Should().Equal(
            (ChangeOperation.Insert, "pen", false, 0, true, 1),
            (ChangeOperation.Update, "pen", true, 1, true, 2),
            (ChangeOperation.Delete, "pen", true, 2, false, 0));
        changes.Select(change => change.Position).Should().Equal(inserted, updated, deleted);
        changes.Should().OnlyContain(change => change.Table == "products" && change.IsLastInTransaction);
        changes.Select(change => change.Timestamp).Should().BeInAscendingOrder();
    }

    [Fact]
    public async Task OneTransaction_WithOtherWritesBetween_IsOneUnitWithGrowingPositions()
    {
        LogPosition commit = await WriteMixedTransactionAsync();

        ChangeTransaction transaction = await Database.ChangeSource().ReadAsync(cancellationToken: Stop).FirstAsync(next => next.Changes.Count > 0, Stop);

        transaction.Position.Should().Be(commit);
        transaction.Changes.Select(change => change.Table).Should().Equal("products", "orders", "products");
        transaction.Changes.Select(change => change.Position.Commit).Should().OnlyContain(position => position == commit);
        transaction.Changes.Select(change => change.Position.Index).Should().Equal(0, 2, 3);
        transaction.Changes.Select(change => change.IsLastInTransaction).Should().Equal(false, false, true);
    }

    [Fact]
    public async Task ReadingSomeTables_GivesTheSameIdentities_AndTheLastOfThemIsMarked()
    {
        await WriteMixedTransactionAsync();
        List<ChangeEvent> all = await ReadAllAsync();

        List<ChangeEvent> orders = await ReadAllAsync(options: new ChangeReadOptions { Follow = false, Tables = new HashSet<string> { "orders" } });

        orders.Should().ContainSingle().Which.Position.Should().Be(all.Single(change => change.Table == "orders").Position);
        orders[0].IsLastInTransaction.Should().BeTrue();
    }

    [Fact]
    public async Task Read_AfterATransaction_GoesOnWithTheNext()
    {
        ChangePosition first = await Products.InsertAsync("a", 1, Stop);
        ChangePosition second = await Products.InsertAsync("b", 2, Stop);
        await RestartAsync();

        (await ReadAllAsync(first.Commit)).Select(change => change.Position).Should().Equal(second);
        (await ReadAllAsync(second.Commit)).Should().BeEmpty();
    }

    [Fact]
    public async Task Read_AfterAPositionInsideATransaction_IsRefused()
    {
        LogPosition commit = await WriteMixedTransactionAsync();

        await FluentActions.Awaiting(() => ReadAllAsync(new LogPosition(commit.Value - 1))).Should().ThrowAsync<ArgumentException>().WithMessage("*inside a transaction*");
    }

    [Fact]
    public void Read_AfterAPositionBeyondTheEnd_NamesBoth()
    {
        LogPosition end = Database.Visible;

        FluentActions.Invoking(() => Database.ChangeSource().ReadAsync(new LogPosition(end.Value + 7)))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage($"*{end}*").Which.ActualValue.Should().Be(new LogPosition(end.Value + 7));
    }

    [Fact]
    public async Task Follow_GetsWhatIsWrittenLater()
    {
        await using IAsyncEnumerator<ChangeTransaction> reading = Database.ChangeSource().ReadAsync(Database.Visible, cancellationToken: Stop).GetAsyncEnumerator(Stop);
        ValueTask<bool> next = reading.MoveNextAsync();
        next.IsCompleted.Should().BeFalse();

        ChangePosition written = await Products.InsertAsync("a", 1, Stop);

        (await next).Should().BeTrue();
        reading.Current.Changes.Should().ContainSingle().Which.Position.Should().Be(written);
    }

    [Fact]
    public async Task ACommitOfCheckpointsOnly_IsPassedOver_AnyOtherIsTold()
    {
        LogPosition before = Database.Visible;
        await Database.Checkpoints().SaveAsync("somebody", before, Stop);
        Revision foreign = await View.WriteAsync("a", 1, Stop);

        List<ChangeTransaction> read = await Database.ChangeSource().ReadAsync(before, new ChangeReadOptions { Follow = false }, Stop).ToListAsync(Stop);

        read.Should().ContainSingle().Which.Position.Value.Should().Be(foreign.Value);
        read[0].Changes.Should().BeEmpty();
    }

    [Fact]
    public async Task RefusedTransaction_LeavesNoChange()
    {
        await FluentActions.Awaiting(() => Database.ExecuteAsync(
            transaction =>
            {
                Products.In(transaction).Insert("a", 1);
                View.In(transaction).Write("a", 1);
                throw new InvalidDataException("no");
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();

        (await ReadAllAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task OptimisticTransactionThatRunsAgain_RecordsItsChangesOnce()
    {
        await View.WriteAsync("total", 1, Stop);
        int runs = 0;
        await Database.TransactAsync(
            async transaction =>
            {
                int total = View.In(transaction).Read("total").Value;
                Products.In(transaction).Insert("a", total);
                View.In(transaction).Write("total", total + 1);
                if (runs++ == 0)
                {
                    await View.WriteAsync("total", 10, Stop);
                }
            },
            cancellationToken: Stop);

        runs.Should().Be(2);
        (await ReadAllAsync()).Should().ContainSingle().Which.Should().BeOfType<ChangeEvent<string, int>>().Which.After.Should().Be(10);
    }

    [Fact]
    public async Task ACodecThatFails_LeavesTheTransactionUsable()
    {
        await Database.ExecuteAsync(
            transaction =>
            {
                FluentActions.Invoking(() => Products.In(transaction).Insert("\ud800", 1)).Should().Throw<ArgumentException>();
                FluentActions.Invoking(() => Products.In(transaction).Insert(null!, 1)).Should().Throw<ArgumentNullException>();
                FluentActions.Invoking(() => Orders.In(transaction).Update(1, null!, "b")).Should().Throw<ArgumentNullException>();
                Products.In(transaction).Insert("a", 1);
            },
            cancellationToken: Stop);

        (await ReadAllAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task ChangesOfAStore_AreItsWrites_WithoutTheRowBefore()
    {
        await Products.InsertAsync("not asked for", 0, Stop);
        await View.WriteAsync("a", 1, Stop);
        await View.WriteAsync("a", 2, Stop);
        await View.DeleteAsync("a", Stop);

        List<ChangeEvent<string, int>> changes = await Database.ChangesOf(View).ReadAsync(options: new ChangeReadOptions { Follow = false }, cancellationToken: Stop)
            .SelectMany(transaction => transaction.Changes).Cast<ChangeEvent<string, int>>().ToListAsync(Stop);

        changes.Select(change => (change.Table, change.Operation, change.Key, change.HasBefore, change.HasAfter, change.After)).Should().Equal(
            ("view", ChangeOperation.Upsert, "a", false, true, 1),
            ("view", ChangeOperation.Upsert, "a", false, true, 2),
            ("view", ChangeOperation.Delete, "a", false, false, 0));
        Database other = Database.InMemory(new DatabaseSchema());
        other.Invoking(database => database.ChangesOf(View)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void ATableThatIsNotDeclared_OrWithOtherTypes_IsRefused()
    {
        Database.Invoking(database => database.Changes<string, int>("nothing")).Should().Throw<InvalidOperationException>().WithMessage("*'products'*");
        Database.Invoking(database => database.Changes<string, string>("products")).Should().Throw<InvalidOperationException>();
    }

    private async Task<LogPosition> WriteMixedTransactionAsync() => await Database.ExecuteAsync(
        transaction =>
        {
            Products.In(transaction).Insert("a", 1);
            View.In(transaction).Write("a", 1);
            Orders.In(transaction).Insert(1, "one");
            Products.In(transaction).Update("a", 1, 2);
            View.In(transaction).Write("a", 2);
        },
        cancellationToken: Stop);
}
