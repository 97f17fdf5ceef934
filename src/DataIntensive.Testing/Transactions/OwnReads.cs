namespace DataIntensive.Testing;

// Whether each transaction by itself makes sense: it reads what it wrote, what it read before, and nothing that it writes later.
internal sealed class OwnReads(IndexedHistory history, AnomalyReport report, CheckBudget budget)
{
    private readonly Dictionary<int, int> _lastSteps = [];

    // Per step of the transaction, the one before it on the same key; -1 for none.
    private readonly List<int> _before = [];

    public void Check()
    {
        for (int transaction = 0; transaction < history.Count; transaction++)
        {
            if (history.IsCommitted(transaction))
            {
                Check(transaction);
            }
        }
    }

    private void Check(int transaction)
    {
        _lastSteps.Clear();
        _before.Clear();
        int first = history.FirstStep(transaction);
        MicroOperation[] steps = history.Records[transaction].Steps;
        for (int i = 0; i < steps.Length; i++)
        {
            budget.Spend();
            int key = history.KeyOf[first + i];
            _before.Add(_lastSteps.TryGetValue(key, out int before) ? before : -1);
            if (steps[i].IsKnownRead)
            {
                CheckRead(transaction, steps, i);
            }

            if (steps[i].Kind != MicroOperationKind.UnknownRead)
            {
                _lastSteps[key] = i;
            }
        }
    }

    private void CheckRead(int transaction, MicroOperation[] steps, int read)
    {
        if (FindFuture(transaction, steps, read) is { } element)
        {
            report.Add(
                TransactionAnomalyKind.FutureRead,
                $"{history.History.NameOf(transaction)} read {element} in {steps[read].Key} before it wrote that itself.",
                transaction);
        }
        else if (_before[read] >= 0 && !Agrees(steps, read))
        {
            report.Add(
                TransactionAnomalyKind.Internal,
                $"{history.History.NameOf(transaction)} read {DependencyText.Result(steps[read])} in {steps[read].Key}, against what it had read and written there itself before.",
                transaction);
        }
    }

    private bool Agrees(MicroOperation[] steps, int read)
    {
        int before = _before[read];
        if (steps[read].Kind == MicroOperationKind.ReadValue)
        {
            return steps[read].Value == steps[before].Value;
        }

        // Back to the last read, own appends stand at the end of the list.
        ReadOnlySpan<long> elements = steps[read].Elements;
        while (before >= 0 && steps[before].Kind == MicroOperationKind.Append)
        {
            if (elements is not [.., var last] || last != steps[before].Written)
            {
                return false;
            }

            elements = elements[..^1];
            before = _before[before];
        }

        return before < 0 || elements.SequenceEqual(steps[before].Elements);
    }

    // What it wrote later itself; found by its writer, so only looked for in transactions that write behind the read.
    private long? FindFuture(int transaction, MicroOperation[] steps, int read)
    {
        int first = history.FirstStep(transaction);
        int key = history.KeyOf[first + read];
        for (int i = read + 1; i < steps.Length; i++)
        {
            if (history.KeyOf[first + i] != key || !steps[i].IsWrite)
            {
                continue;
            }

            budget.Spend(steps[read].Elements.Length + 1);
            if (steps[read].Value == steps[i].Written || steps[read].Elements.Contains(steps[i].Written))
            {
                return steps[i].Written;
            }
        }

        return null;
    }
}
