namespace DataIntensive.Testing;

// One check of a history: part by part, first briefly and then with what is left of the budget.
internal sealed class LinearizabilityRun
{
    // Each for finding where an order ends, and for making the piece small.
    private static readonly TimeSpan MostTimeToExplain = TimeSpan.FromSeconds(5);

    private readonly SequentialModel _model;
    private readonly LinearizabilityOptions _options;
    private readonly CancellationToken _cancellationToken;
    private readonly CheckBudget _budget;
    private readonly List<CheckedPart> _parts;
    private long _configurations;
    private long _peakBytes;

    public LinearizabilityRun(History history, SequentialModel model, LinearizabilityOptions options, CancellationToken cancellationToken)
    {
        _model = model;
        _options = options;
        _cancellationToken = cancellationToken;
        _budget = NewBudget(options.Timeout);
        _parts = [.. history.Operations.GroupBy(model.PartOf).Select(part => new CheckedPart(part.Key, [.. part]))];
    }

    public LinearizabilityResult Check(int firstPassConfigurations)
    {
        List<CheckedPart> open = [];
        foreach (CheckedPart part in _parts)
        {
            switch (Search(part, firstPassConfigurations, out LinearizabilityResult? violation))
            {
                case SearchEnd.NotThere:
                    return violation!;
                case SearchEnd.OutOfConfigurations:
                    open.Add(part);
                    break;
                case SearchEnd.Found:
                    break;
                case SearchEnd end:
                    return Unknown(end);
            }
        }

        SearchEnd? gaveUp = null;
        foreach (CheckedPart part in open)
        {
            switch (Search(part, int.MaxValue, out LinearizabilityResult? violation))
            {
                case SearchEnd.NotThere:
                    return violation!;
                case SearchEnd.OutOfTime:
                    return Unknown(SearchEnd.OutOfTime);
                case SearchEnd.Found:
                    break;
                case SearchEnd end:
                    // Another part may need less memory, and decide.
                    gaveUp = end;
                    break;
            }
        }

        return gaveUp is { } reason ? Unknown(reason) : Result(CheckVerdict.Valid, null, null);
    }

    private SearchEnd Search(CheckedPart part, int maxConfigurations, out LinearizabilityResult? violation)
    {
        StateTable table = _model.NewTable();
        SearchProblem problem = new(table, part.Operations, SearchProblem.DemandOf);
        LinearizabilitySearch search = new(problem, _budget, maxConfigurations);
        SearchEnd end = search.Run();
        _configurations += search.Configurations;
        _peakBytes = Math.Max(_peakBytes, search.Bytes);
        if (end is SearchEnd.Found or SearchEnd.NotThere)
        {
            part.SetOrder(search.Order, table);
        }

        violation = end == SearchEnd.NotThere ? Result(CheckVerdict.Invalid, null, Explain(part, problem, search)) : null;
        return end;
    }

    private LinearizabilityViolation Explain(CheckedPart part, SearchProblem problem, LinearizabilitySearch search)
    {
        BlockedPrefix prefix = BlockedPrefix.Find(_model, problem, search, BudgetToExplain());
        part.SetOrder(prefix.Order, prefix.Table);
        OffendingPiece piece = new(_model, problem, prefix, BudgetToExplain());
        bool isMinimal = piece.MakeSmall() && prefix.IsExact;
        return new LinearizabilityViolation(
            part.Name, piece.Operations(), piece.Blocked, part.Order, [.. prefix.States.Select(prefix.Table.Describe)], isMinimal);
    }

    private LinearizabilityResult Unknown(SearchEnd end) => Result(
        CheckVerdict.Unknown,
        end == SearchEnd.OutOfMemory ? $"the search needs more than {_options.MaxMemoryBytes} bytes" : $"the search takes longer than {_options.Timeout}",
        null);

    private LinearizabilityResult Result(CheckVerdict verdict, string? unknownBecause, LinearizabilityViolation? violation) =>
        new(verdict, unknownBecause, violation, _parts, _configurations, _peakBytes, _budget.Elapsed);

    private CheckBudget BudgetToExplain() => NewBudget(_options.Timeout == Timeout.InfiniteTimeSpan || _options.Timeout > MostTimeToExplain ? MostTimeToExplain : _options.Timeout);

    private CheckBudget NewBudget(TimeSpan timeout) => new(_options.TimeProvider, timeout, _cancellationToken, _options.MaxMemoryBytes);
}
