namespace DataIntensive.Testing;

// The operations of one part, laid out for the search. Operations that must take effect are numbered by the order of their returns,
// so that a configuration is "all below n, and few above"; they stand, call and return, in one list in the order of time. Those that
// need not take effect are grouped by class: of equal ones the earliest is taken first, which loses nothing, since whatever a later
// one can do, it can do too.
internal sealed class SearchProblem
{
    public const int Head = 0;

    public SearchProblem(StateTable table, IReadOnlyList<HistoryOperation> operations, Func<HistoryOperation, Demand> demandOf)
    {
        Table = table;
        ILookup<Demand, HistoryOperation> byDemand = operations.ToLookup(demandOf);
        HashSet<HistoryOperation> loose = [.. byDemand[Demand.Loose]];
        Strict = [.. byDemand[Demand.Strict].Concat(loose).OrderBy(operation => operation.ReturnedAt)];
        IsLoose = [.. Strict.Select(loose.Contains)];
        StrictClass = [.. Strict.Select(operation => table.ClassOf(loose.Contains(operation) ? operation.AsUnknown() : operation))];
        (EntryOperation, EntryIsCall, CallEntry) = LayOut(Strict);

        (HistoryOperation Operation, int Class)[] optional =
        [
            .. byDemand[Demand.Pending].Select(operation => (operation, table.ClassOf(operation)))
                .Concat(byDemand[Demand.Free].Select(operation => (operation, table.ClassOf(operation.AsUnknown()))))
                .OrderBy(pair => pair.Item2)
                .ThenBy(pair => pair.operation.CalledAt),
        ];
        Optional = [.. optional.Select(pair => pair.Operation)];
        GroupStart = [.. Enumerable.Range(0, optional.Length).Where(i => i == 0 || optional[i].Class != optional[i - 1].Class), optional.Length];
        GroupClass = [.. GroupStart[..^1].Select(start => optional[start].Class)];
    }

    public StateTable Table { get; }

    public HistoryOperation[] Strict { get; }

    public bool[] IsLoose { get; }

    public int[] StrictClass { get; }

    // Entry 0 is the head of the list; the others follow in the order of time.
    public int[] EntryOperation { get; }

    public bool[] EntryIsCall { get; }

    public int[] CallEntry { get; }

    public HistoryOperation[] Optional { get; }

    public int[] GroupStart { get; }

    public int[] GroupClass { get; }

    // The n-th state that a strict operation may leave; -1 when there are no more. A loose one may leave the state as it is.
    public int StepStrict(int state, int operation, int nth) =>
        !IsLoose[operation] ? Table.Step(state, StrictClass[operation], nth)
        : nth == 0 ? state
        : Table.Step(state, StrictClass[operation], nth - 1);

    public static Demand DemandOf(HistoryOperation operation) => operation.Outcome == HistoryOutcome.Returned ? Demand.Strict : Demand.Free;

    private static (int[] Operation, bool[] IsCall, int[] CallEntry) LayOut(HistoryOperation[] strict)
    {
        // What has equal stamps is concurrent, so of these the calls come first.
        (long At, bool IsReturn, int Number)[] events =
        [
            .. strict.Select((operation, number) => (operation.CalledAt, false, number))
                .Concat(strict.Select((operation, number) => (operation.ReturnedAt, true, number)))
                .Order(),
        ];
        int[] operations = new int[events.Length + 1];
        bool[] isCall = new bool[events.Length + 1];
        int[] callEntry = new int[strict.Length];
        operations[Head] = -1;
        for (int i = 0; i < events.Length; i++)
        {
            operations[i + 1] = events[i].Number;
            isCall[i + 1] = !events[i].IsReturn;
            if (!events[i].IsReturn)
            {
                callEntry[events[i].Number] = i + 1;
            }
        }

        return (operations, isCall, callEntry);
    }
}
