using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>
/// Linearizability by its definition, without any cleverness: every order of every choice of the operations of unknown outcome, run on
/// a plain implementation of everything at once.
/// </summary>
internal static class BruteForce
{
    public static bool IsLinearizable(IReadOnlyList<HistoryOperation> operations, Func<IPlainThing> make) =>
        CanGoOn(operations, [], make);

    private static bool CanGoOn(IReadOnlyList<HistoryOperation> operations, List<HistoryOperation> taken, Func<IPlainThing> make)
    {
        HistoryOperation[] left = [.. operations.Except(taken)];
        if (left.All(operation => operation.Outcome == HistoryOutcome.Unknown))
        {
            return true;
        }

        foreach (HistoryOperation next in left.Where(next => left.All(other => other == next || other.ReturnedAt >= next.CalledAt)))
        {
            taken.Add(next);
            bool fits = Replays(taken, make) && CanGoOn(operations, taken, make);
            taken.RemoveAt(taken.Count - 1);
            if (fits)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Replays(List<HistoryOperation> taken, Func<IPlainThing> make)
    {
        IPlainThing thing = make();
        return taken.All(operation => thing.Run(operation.Function, operation.Key, operation.Argument) is var result && (operation.Outcome == HistoryOutcome.Unknown || result is null || operation.Result == result));
    }
}
