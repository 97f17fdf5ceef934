using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>The checker agrees with every order of every tiny history, for every model.</summary>
public sealed class BruteForceSpecs(ITestOutputHelper output)
{
    private static readonly int Histories = SpecRun.IsLong ? 100_000 : 4_000;

    [Fact]
    public void Register_Agrees() => Agrees(
        new CompareAndSetRegisterModel(),
        () => new PlainStore(),
        call => (call % 4) switch
        {
            0 => ("read", default),
            1 => ("write", call / 4 % 3),
            2 => ("cas", HistoryValue.List(call / 4 % 3, call / 12 % 3)),
            _ => ("cas", HistoryValue.List(HistoryValue.Nil, call / 4 % 3)),
        });

    [Fact]
    public void PlainRegister_Agrees() => Agrees(
        new RegisterModel(),
        () => new PlainStore(),
        call => call % 2 == 0 ? ("read", default) : ("write", call / 4 % 3));

    [Fact]
    public void KeyValue_Agrees() => Agrees(
        new KeyValueModel(),
        () => new PlainStore(),
        call => (call % 6) switch
        {
            0 or 1 => ("get", default),
            2 => ("put", $"{call / 6 % 2}"),
            3 => ("append", new[] { "0", "1", "01", "" }[call / 6 % 4]),
            4 => ("delete", default),
            _ => ("cas", HistoryValue.List($"{call / 6 % 2}", $"{call / 12 % 2}")),
        });

    [Fact]
    public void Set_Agrees() => Agrees(
        new SetModel(),
        () => new PlainCollections(),
        call => (call % 4) switch
        {
            0 => ("read", default),
            1 => ("add", call / 4 % 2),
            2 => ("remove", call / 4 % 2),
            _ => ("contains", call / 4 % 2),
        });

    [Fact]
    public void EventStream_Agrees() => Agrees(
        new EventStreamModel(),
        () => new PlainCollections(),
        call => (call % 8) switch
        {
            0 => ("read", default),
            1 => ("version", default),
            2 => ("append", HistoryValue.List("any", call / 8 % 2)),
            3 => ("append", HistoryValue.List("none", call / 8 % 2)),
            4 => ("append", HistoryValue.List("exists", call / 8 % 2, "b")),
            var kind => ("append", HistoryValue.List(kind - 5, call / 8 % 2)),
        });

    private void Agrees(SequentialModel model, Func<IPlainThing> make, Func<int, (string, HistoryValue)> callOf)
    {
        int linearizable = 0;
        int not = 0;
        int unknown = 0;
        TinyHistory.Seeds.Sample(
            seeds =>
            {
                History history = TinyHistory.Make(seeds, make(), callOf, Lie);
                LinearizabilityResult result = LinearizabilityChecker.Check(history, model);
                bool expected = BruteForce.IsLinearizable(history.Operations, make);
                _ = expected ? Interlocked.Increment(ref linearizable) : Interlocked.Increment(ref not);
                Interlocked.Add(ref unknown, history.Operations.Count(operation => operation.Outcome == HistoryOutcome.Unknown));
                return result.Verdict == (expected ? CheckVerdict.Valid : CheckVerdict.Invalid)
                    && (expected || Explains(result.Violation!, history));
            },
            iter: Histories,
            print: seeds => string.Join('\n', TinyHistory.Make(seeds, make(), callOf, Lie).Operations.Select(operation => $"[{operation.CalledAt}, {operation.ReturnedAt}] {operation}")));

        output.WriteLine($"{linearizable} linearizable, {not} not, {unknown} operations of unknown outcome");
        linearizable.Should().BeGreaterThan(Histories / 10);
        not.Should().BeGreaterThan(Histories / 10);
        unknown.Should().BeGreaterThan(Histories / 10);
    }

    // What returned before the blocked operation has an order, as the violation says, and with it there is none.
    private static bool Explains(LinearizabilityViolation violation, History history)
    {
        HistoryOperation[] part = [.. history.Operations.Where(operation => operation.Key == violation.Part)];
        HistoryOperation[] order = [.. violation.LongestOrder.Select(step => step.Operation)];
        bool isInTime = !order.Where((later, i) => order[..i].Any(earlier => later.ReturnedAt < earlier.CalledAt)).Any();
        bool isWhole = part.Where(operation => operation.ReturnedAt < violation.Blocked.ReturnedAt).All(order.Contains);
        return isInTime && isWhole && violation.IsMinimal && violation.Operations.Contains(violation.Blocked) && violation.Operations.All(part.Contains);
    }

    private static HistoryValue Lie(HistoryValue result) => result.Kind switch
    {
        HistoryValueKind.Nil => "0",
        HistoryValueKind.Truth => result == false,
        HistoryValueKind.Number => result == 0 ? 1 : 0,
        HistoryValueKind.Text => result == "0" ? "1" : "0",
        _ => result.Items.Length == 0 ? HistoryValue.List(0) : HistoryValue.List(result.Items[1..]),
    };
}
