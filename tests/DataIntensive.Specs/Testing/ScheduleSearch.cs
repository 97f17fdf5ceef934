using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>
/// Whether some schedule explains a history, by trying all: every choice of the transactions with an unknown outcome, every order, and
/// for snapshot isolation every snapshot. Knows nothing of dependencies.
/// </summary>
internal sealed class ScheduleSearch(TransactionHistory history)
{
    private readonly TransactionRecord[] _records = [.. history.Transactions];

    public bool Allows(TransactionLevel level)
    {
        int[] certain = Places(TransactionOutcome.Committed);
        int[] unknown = Places(TransactionOutcome.Unknown);
        for (int choice = 0; choice < 1 << unknown.Length; choice++)
        {
            int[] chosen = [.. certain, .. unknown.Where((_, i) => (choice & (1 << i)) != 0)];
            if (TryOrders([], [.. chosen], level))
            {
                return true;
            }
        }

        return false;
    }

    private int[] Places(TransactionOutcome outcome) => [.. Enumerable.Range(0, _records.Length).Where(i => _records[i].Outcome == outcome)];

    private bool TryOrders(List<int> order, List<int> left, TransactionLevel level)
    {
        if (left.Count == 0)
        {
            return true;
        }

        foreach (int next in left.ToArray())
        {
            if (order.Any(earlier => MustPrecede(next, earlier, level)) || !Explains(order, next, level))
            {
                continue;
            }

            order.Add(next);
            left.Remove(next);
            if (TryOrders(order, left, level))
            {
                return true;
            }

            order.RemoveAt(order.Count - 1);
            left.Add(next);
        }

        return false;
    }

    private bool Explains(List<int> order, int next, TransactionLevel level)
    {
        if (level is TransactionLevel.Serializable or TransactionLevel.StrongSessionSerializable or TransactionLevel.StrictSerializable)
        {
            return ReadsAgree(next, order);
        }

        for (int snapshot = 0; snapshot <= order.Count; snapshot++)
        {
            IEnumerable<int> concurrent = order.Skip(snapshot);
            if (!concurrent.Any(other => WriteTheSame(other, next) || MustPrecede(other, next, level)) && ReadsAgree(next, order[..snapshot]))
            {
                return true;
            }
        }

        return false;
    }

    private bool WriteTheSame(int left, int right) => Written(left).Intersect(Written(right)).Any();

    private IEnumerable<string> Written(int transaction) =>
        _records[transaction].Operations.Where(step => step.Kind is MicroOperationKind.Append or MicroOperationKind.Write).Select(step => step.Key);

    private bool MustPrecede(int first, int second, TransactionLevel level)
    {
        (TransactionRecord one, TransactionRecord other) = (_records[first], _records[second]);
        bool ended = one.Outcome == TransactionOutcome.Committed;
        bool sameProcess = ended && one.Process is not null && one.Process == other.Process && one.CalledAt < other.CalledAt;
        return level switch
        {
            TransactionLevel.StrongSnapshotIsolation or TransactionLevel.StrictSerializable => sameProcess || (ended && one.ReturnedAt < other.CalledAt),
            TransactionLevel.StrongSessionSnapshotIsolation or TransactionLevel.StrongSessionSerializable => sameProcess,
            _ => false,
        };
    }

    private bool ReadsAgree(int transaction, IReadOnlyList<int> before)
    {
        Dictionary<string, List<long>> state = [];
        foreach (int earlier in before)
        {
            Run(_records[earlier], state, check: false);
        }

        return Run(_records[transaction], state, check: _records[transaction].Outcome == TransactionOutcome.Committed);
    }

    // A register is the last element of the list of what was written to it.
    private static bool Run(TransactionRecord record, Dictionary<string, List<long>> state, bool check)
    {
        foreach (MicroOperation step in record.Operations)
        {
            List<long> values = state.TryGetValue(step.Key, out List<long>? known) ? known : state[step.Key] = [];
            switch (step.Kind)
            {
                case MicroOperationKind.Append or MicroOperationKind.Write:
                    values.Add(step.Value!.Value);
                    break;
                case MicroOperationKind.ReadList when check && !step.Elements.SequenceEqual(values.ToArray()):
                case MicroOperationKind.ReadValue when check && step.Value != (values.Count == 0 ? null : values[^1]):
                    return false;
            }
        }

        return true;
    }
}
