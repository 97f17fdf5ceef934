namespace DataIntensive.Testing;

// A history with numbers for its keys, its steps numbered through, and the steps of each key together. About 30 bytes a step.
internal sealed class IndexedHistory
{
    private readonly int[] _firstStep;
    private readonly int[] _stepsByKey;
    private readonly int[] _firstOfKey;
    private readonly Dictionary<(int Key, long Value), int> _writes;

    public IndexedHistory(TransactionHistory history, CheckBudget budget)
    {
        History = history;
        Records = history.Records;
        _firstStep = new int[Records.Length + 1];
        for (int i = 0; i < Records.Length; i++)
        {
            _firstStep[i + 1] = checked(_firstStep[i] + Records[i].Steps.Length);
        }

        int steps = _firstStep[^1];
        Owners = new int[steps];
        KeyOf = new int[steps];
        Overwritten = new bool[steps];
        HasEffect = new bool[Records.Length];
        _writes = new(steps / 2);
        Keys = NumberKeys(budget);
        (_stepsByKey, _firstOfKey) = GroupByKey();
    }

    public TransactionHistory History { get; }

    public TransactionRecord[] Records { get; }

    public string[] Keys { get; }

    // Per step, the transaction.
    public int[] Owners { get; }

    public int[] KeyOf { get; }

    // Per step that writes, whether the same transaction writes the key again.
    public bool[] Overwritten { get; }

    // Per transaction, whether it is known to have taken effect: it committed, or something that it wrote was read.
    public bool[] HasEffect { get; }

    public int Count => Records.Length;

    public int FirstStep(int transaction) => _firstStep[transaction];

    public ref readonly MicroOperation Step(int step) => ref Records[Owners[step]].Steps[step - _firstStep[Owners[step]]];

    // In the order of the transactions, and of their steps.
    public ReadOnlySpan<int> StepsOfKey(int key) => _stepsByKey.AsSpan(_firstOfKey[key], _firstOfKey[key + 1] - _firstOfKey[key]);

    // The step that wrote a value; -1 when none did.
    public int WriteOf(int key, long value) => _writes.TryGetValue((key, value), out int step) ? step : -1;

    public bool IsCommitted(int transaction) => Records[transaction].Outcome == TransactionOutcome.Committed;

    public bool IsFailed(int transaction) => Records[transaction].Outcome == TransactionOutcome.Failed;

    private string[] NumberKeys(CheckBudget budget)
    {
        Dictionary<string, int> numbers = [];
        List<string> keys = [];
        Dictionary<int, int> lastWrite = [];
        for (int i = 0; i < Records.Length; i++)
        {
            MicroOperation[] steps = Records[i].Steps;
            budget.Spend(steps.Length + 1);
            HasEffect[i] = IsCommitted(i);
            lastWrite.Clear();
            for (int j = 0; j < steps.Length; j++)
            {
                int step = _firstStep[i] + j;
                if (!numbers.TryGetValue(steps[j].Key, out int key))
                {
                    key = keys.Count;
                    keys.Add(steps[j].Key);
                    numbers.Add(steps[j].Key, key);
                }

                Owners[step] = i;
                KeyOf[step] = key;
                if (steps[j].IsWrite)
                {
                    _writes.Add((key, steps[j].Written), step);
                    if (lastWrite.TryGetValue(key, out int earlier))
                    {
                        Overwritten[earlier] = true;
                    }

                    lastWrite[key] = step;
                }
            }
        }

        return [.. keys];
    }

    private (int[] Steps, int[] First) GroupByKey()
    {
        int[] first = new int[Keys.Length + 1];
        foreach (int key in KeyOf)
        {
            first[key + 1]++;
        }

        for (int key = 0; key < Keys.Length; key++)
        {
            first[key + 1] += first[key];
        }

        int[] next = first[..^1];
        int[] steps = new int[KeyOf.Length];
        for (int step = 0; step < steps.Length; step++)
        {
            steps[next[KeyOf[step]]++] = step;
        }

        return (steps, first);
    }
}
