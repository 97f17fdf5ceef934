namespace DataIntensive.Tests.Transactions;

/// <summary>One case of docs/isolation.md: a few transactions whose steps are run in every order that keeps each one's own.</summary>
internal sealed class IsolationCase(string name, string transactions)
{
    private static readonly Dictionary<int, int> Initial = new() { [1] = 10, [2] = 20 };

    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddStore<int, int>("test");

    private readonly IsolationStep[][] _transactions =
        [.. transactions.Split('·').Select(text => text.Trim(' ', '`').Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(step => new IsolationStep(step)).ToArray())];

    public string Name => name;

    /// <summary>Runs every order.</summary>
    public async Task<IsolationFigures> RunAsync(TransactionIsolation isolation, Func<IsolationOutcome, bool> isAnomaly)
    {
        int orders = 0;
        int anomalies = 0;
        int refusals = 0;
        int unserializable = 0;
        foreach (int[] order in Orders([.. _transactions.Select(steps => steps.Length)]))
        {
            IsolationOutcome outcome = await RunAsync(isolation, order);
            orders++;
            anomalies += isAnomaly(outcome) ? 1 : 0;
            refusals += outcome.Transactions.Any(transaction => transaction.IsRefused) ? 1 : 0;
            unserializable += IsSerializable(outcome) ? 0 : 1;
        }

        return new IsolationFigures(orders, anomalies, refusals, unserializable);
    }

    private async Task<IsolationOutcome> RunAsync(TransactionIsolation isolation, int[] order)
    {
        await using Database database = Database.InMemory(Schema, new DatabaseOptions { MemoryLogBytes = 64 * 1024 });
        DatabaseStore<int, int> store = database.Store<int, int>("test");
        await database.ExecuteAsync(transaction =>
        {
            foreach ((int key, int value) in Initial)
            {
                store.In(transaction).Write(key, value);
            }
        });
        IsolationTransaction[] running = [.. _transactions.Select(_ => new IsolationTransaction(store))];
        int[] next = new int[running.Length];
        for (int time = 0; time < order.Length; time++)
        {
            int who = order[time];
            await running[who].StepAsync(database, isolation, _transactions[who][next[who]++], time);
        }

        return new IsolationOutcome(running, store.ReadAll().ToDictionary(entry => entry.Key, entry => entry.Value.Value));
    }

    // Whether the committed transactions, one after the other in some order that keeps real time, see and leave the same.
    private bool IsSerializable(IsolationOutcome outcome)
    {
        int[] committed = [.. Enumerable.Range(0, _transactions.Length).Where(who => outcome.Transactions[who].IsCommitted)];
        return Permutations(committed).Any(serial => KeepsTime(outcome, serial) && IsExplainedBy(outcome, serial));
    }

    private static bool KeepsTime(IsolationOutcome outcome, int[] serial) =>
        !serial.Where((later, i) => serial[..i].Any(earlier => outcome.Transactions[later].Time.Ended < outcome.Transactions[earlier].Time.Began)).Any();

    private bool IsExplainedBy(IsolationOutcome outcome, int[] serial)
    {
        SerialModel model = new(Initial);
        foreach (int who in serial)
        {
            IEnumerable<string> seen = _transactions[who].Where(step => !step.IsBegin && !step.IsCommit).Select(step => step.Run(model)).OfType<string>();
            if (!seen.SequenceEqual(outcome.Transactions[who].Seen))
            {
                return false;
            }
        }

        return model.Values.Count == outcome.Values.Count && model.Values.All(entry => outcome.Values.TryGetValue(entry.Key, out int value) && value == entry.Value);
    }

    private static IEnumerable<int[]> Orders(int[] left)
    {
        if (left.All(steps => steps == 0))
        {
            yield return [];
        }

        for (int who = 0; who < left.Length; who++)
        {
            if (left[who] == 0)
            {
                continue;
            }

            left[who]--;
            foreach (int[] rest in Orders(left))
            {
                yield return [who, .. rest];
            }

            left[who]++;
        }
    }

    private static IEnumerable<int[]> Permutations(int[] items) =>
        items.Length == 0 ? [[]] : items.SelectMany(first => Permutations([.. items.Where(item => item != first)]).Select(rest => (int[])[first, .. rest]));

    private sealed class SerialModel(Dictionary<int, int> initial) : IIsolationTarget
    {
        public Dictionary<int, int> Values { get; } = new(initial);

        public int? Read(int key) => Values.TryGetValue(key, out int value) ? value : null;

        public IEnumerable<KeyValuePair<int, int>> ReadAll() => [.. Values];

        public void Write(int key, int value) => Values[key] = value;

        public void Delete(int key) => Values.Remove(key);
    }
}
