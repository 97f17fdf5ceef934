using CsCheck;

namespace DataIntensive.Specs.Transactions;

/// <summary>
/// Random transactions, some open at once, some aborted, against a plain model: every commit is taken or refused as the model says, and
/// every read sees what the model saw when its transaction began, with its own writes.
/// </summary>
public sealed class DatabaseModelSpecs(ITestOutputHelper output)
{
    private const int Keys = 4;
    private const int Slots = 3;

    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddStore<int, int>("a").AddStore<int, int>("b");

    private static readonly Gen<Step> GenStep = Gen.Select(
        Gen.Int[0, Slots - 1],
        Gen.Frequency((2, Gen.Const(Action.Read)), (2, Gen.Const(Action.Write)), (1, Gen.Const(Action.Delete)), (1, Gen.Const(Action.ReadAll)), (2, Gen.Const(Action.Commit)), (1, Gen.Const(Action.Abort)), (1, Gen.Const(Action.Execute))),
        Gen.Bool,
        Gen.Int[0, Keys - 1],
        Gen.Int[0, 99],
        (slot, action, second, key, value) => new Step(slot, action, second, key, value));

    private int _commits;
    private int _conflicts;

    [Theory]
    [InlineData(TransactionIsolation.Serializable)]
    [InlineData(TransactionIsolation.Snapshot)]
    public void Transactions_DoWhatTheModelDoes(TransactionIsolation isolation)
    {
        GenStep.Array[1, 60].Sample(steps => Run(steps, isolation).GetAwaiter().GetResult(), iter: SpecRun.IsLong ? 200_000 : 3_000, threads: 1, writeLine: output.WriteLine);

        output.WriteLine($"{_commits} commits, {_conflicts} conflicts");
        _commits.Should().BeGreaterThan(5_000);
        _conflicts.Should().BeGreaterThan(500);
    }

    private async Task Run(Step[] steps, TransactionIsolation isolation)
    {
        await using Database database = Database.InMemory(Schema);
        DatabaseStore<int, int>[] stores = [database.Store<int, int>("a"), database.Store<int, int>("b")];
        TransactionModel model = new();
        (DatabaseTransaction Real, TransactionModel.Open Model)?[] slots = new (DatabaseTransaction, TransactionModel.Open)?[Slots];
        foreach (Step step in steps)
        {
            if (step.Action == Action.Execute)
            {
                await database.ExecuteAsync(transaction => stores[step.Store].In(transaction).Update(step.Key, entry => entry.Value + step.Value));
                model.Update((step.Store, step.Key), value => value + step.Value);
                continue;
            }

            (DatabaseTransaction Real, TransactionModel.Open Model) open = slots[step.Slot] ??= (database.Begin(isolation), model.Begin());
            if (step.Action is Action.Commit or Action.Abort)
            {
                await EndAsync(open, step.Action == Action.Commit, isolation);
                slots[step.Slot] = null;
            }
            else
            {
                Do(stores[step.Store].In(open.Real), open.Model, step);
            }
        }

        Array.ForEach(slots, slot => slot?.Real.Dispose());
        stores.SelectMany((store, i) => store.ReadAll().Select(entry => ((i, entry.Key), entry.Value.Value))).Should().BeEquivalentTo(model.Values.Select(entry => (entry.Key, entry.Value)));
        database.OpenSnapshots.Should().Be(0);
    }

    private static void Do(StoreTransaction<int, int> store, TransactionModel.Open model, Step step)
    {
        switch (step.Action)
        {
            case Action.Read:
                StoreEntry<int> entry = store.Read(step.Key);
                (entry.Exists ? entry.Value : (int?)null).Should().Be(model.Read((step.Store, step.Key)));
                break;
            case Action.ReadAll:
                store.ReadAll().Select(found => (found.Key, found.Value.Value)).Should().BeEquivalentTo(model.ReadAll(step.Store));
                break;
            case Action.Write:
                store.Write(step.Key, step.Value);
                model.Write((step.Store, step.Key), step.Value);
                break;
            default:
                store.Delete(step.Key).Should().Be(model.Delete((step.Store, step.Key)));
                break;
        }
    }

    private async Task EndAsync((DatabaseTransaction Real, TransactionModel.Open Model) open, bool commits, TransactionIsolation isolation)
    {
        if (!commits)
        {
            open.Real.Dispose();
            return;
        }

        bool committed = true;
        try
        {
            await open.Real.CommitAsync();
        }
        catch (TransactionConflictException)
        {
            committed = false;
        }

        committed.Should().Be(open.Model.TryCommit(isolation == TransactionIsolation.Serializable));
        _commits += committed ? 1 : 0;
        _conflicts += committed ? 0 : 1;
    }

    private enum Action
    {
        Read,
        Write,
        Delete,
        ReadAll,
        Commit,
        Abort,
        Execute,
    }

    private sealed record Step(int Slot, Action Action, bool IsSecond, int Key, int Value)
    {
        public int Store => IsSecond ? 1 : 0;
    }
}
