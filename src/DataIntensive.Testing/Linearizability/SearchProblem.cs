namespace DataIntensive.Testing;

// The operations of one part, laid out for the search. Operations that must take effect are numbered by the order of their returns,
// so that a configuration is "all below n, and few above"; they stand, call and return, in one list in the order of time. Those that
// need not take effect are grouped by class: of equal ones the earliest is taken first, which loses nothing, since whatever a later
// one can do, it can do too.
internal sealed class SearchProblem
{
    public const int Head = 0;

    public SearchProblem(StateTable table, IReadOnlyList<HistoryOperation> operations, Func<HistoryOperation, Demand> demandOf, HistoryOperation? notAhead = null)
    {
        Table = table;
        ILookup<Demand, HistoryOperation> byDemand = operations.ToLookup(demandOf);
        HashSet<HistoryOperation> loose = [.. byDemand[Demand.Loose]];
        Strict = [.. byDemand[Demand.Strict].Concat(loose).OrderBy(operation => operation.ReturnedAt)];
        IsLoose = [.. Strict.Select(loose.Contains)];
        StrictClass = [.. Strict.Select(operation => table.ClassOf(loose.Contains(operation) ? operation.AsUnknown() : operation))];
        OnlyLooks = [.. Strict.Select((operation, number) => !IsLoose[number] && table.OnlyLooks(operation))];
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
        Writers = [.. Strict.Select((operation, number) => IsLoose[number] || operation == notAhead || !table.IsDemanding(operation) ? null : Array.Empty<int>())];
        FindWriters();
        NextDemanding = FindDemanding();
    }

    public StateTable Table { get; }

    public HistoryOperation[] Strict { get; }

    public bool[] IsLoose { get; }

    public int[] StrictClass { get; }

    // Those that leave every state as it is.
    public bool[] OnlyLooks { get; }

    // For each operation that looking ahead may give up: the strict ones that may overwrite what is there with what it needs, from the
    // time on when it comes into view. Null for one that it never gives up.
    public int[]?[] Writers { get; }

    // For each entry the next call, itself included, of an operation that looking ahead may give up; -1 when there is none.
    public int[] NextDemanding { get; }

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

    // An operation comes into view with the call of the demanding one before it. What returned earlier has taken effect by then.
    private void FindWriters()
    {
        long[] earliestCall = new long[Strict.Length + 1];
        earliestCall[^1] = long.MaxValue;
        for (int number = Strict.Length - 1; number >= 0; number--)
        {
            earliestCall[number] = Math.Min(earliestCall[number + 1], Strict[number].CalledAt);
        }

        long[] returns = [.. Strict.Select(operation => operation.ReturnedAt)];
        long inViewFrom = long.MinValue;
        foreach (int number in Enumerable.Range(0, Strict.Length).Where(number => Writers[number] is not null).OrderBy(number => Strict[number].CalledAt).ToArray())
        {
            Writers[number] = Optional.Any(writer => writer.CalledAt <= Strict[number].ReturnedAt && Table.MayOverwriteFor(writer, Strict[number]))
                ? null
                : WritersFor(number, FirstAtOrAfter(returns, inViewFrom), earliestCall);
            inViewFrom = Writers[number] is null ? inViewFrom : Strict[number].CalledAt;
        }
    }

    private int[] WritersFor(int demanding, int first, long[] earliestCall)
    {
        List<int> writers = [];
        for (int number = first; earliestCall[number] <= Strict[demanding].ReturnedAt; number++)
        {
            if (number != demanding && Strict[number].CalledAt <= Strict[demanding].ReturnedAt && Table.MayOverwriteFor(Strict[number], Strict[demanding]))
            {
                writers.Add(number);
            }
        }

        return [.. writers];
    }

    private int[] FindDemanding()
    {
        int[] next = new int[EntryOperation.Length + 1];
        next[^1] = -1;
        for (int entry = EntryOperation.Length - 1; entry > Head; entry--)
        {
            next[entry] = EntryIsCall[entry] && Writers[EntryOperation[entry]] is not null ? entry : next[entry + 1];
        }

        next[Head] = next[Head + 1];
        return next;
    }

    private static int FirstAtOrAfter(long[] sorted, long value)
    {
        int at = sorted.AsSpan().BinarySearch(value);
        at = at < 0 ? ~at : at;
        while (at > 0 && sorted[at - 1] == value)
        {
            at--;
        }

        return at;
    }

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
