namespace DataIntensive.Testing;

// Makes a violation small. First everything that was called after the blocked return is left out: it cannot matter. Then operations
// are let loose, many at once and then one by one: a loose one may have had any result, or no effect, in its own time. What has no order
// nevertheless did not need them. Letting loose only ever allows more, so the piece that is left is a violation by itself.
internal sealed class OffendingPiece
{
    private const int MostConfigurationsPerTry = 200_000;
    private const int MostConfigurations = 20_000_000;

    private readonly SequentialModel _model;
    private readonly CheckBudget _budget;
    private readonly List<HistoryOperation> _operations;
    private readonly Dictionary<HistoryOperation, Demand> _demands = [];
    private int _configurations;
    private bool _isStopped;

    public OffendingPiece(SequentialModel model, SearchProblem problem, BlockedPrefix prefix, CheckBudget budget)
    {
        _model = model;
        _budget = budget;
        Blocked = problem.Strict[prefix.Last];
        _operations = [.. problem.Strict.Concat(problem.Optional).Where(operation => operation.CalledAt <= Blocked.ReturnedAt).OrderBy(operation => operation.CalledAt)];
        for (int number = 0; number < problem.Strict.Length; number++)
        {
            _demands[problem.Strict[number]] = number <= prefix.Last ? Demand.Strict : Demand.Pending;
        }
    }

    public HistoryOperation Blocked { get; }

    // False when it could not try everything. The newest come first: the oldest are what the rest stands on, and cost most to let loose.
    public bool MakeSmall() => LetLoose([.. Held().Reverse()]);

    public IReadOnlyList<HistoryOperation> Operations() => [.. Held().Append(Blocked).OrderBy(operation => operation.CalledAt)];

    private IEnumerable<HistoryOperation> Held() => _operations.Where(operation => operation != Blocked && DemandOf(operation) is (Demand.Strict or Demand.Pending));

    private Demand DemandOf(HistoryOperation operation) => _demands.GetValueOrDefault(operation, Demand.Free);

    private bool LetLoose(List<HistoryOperation> candidates)
    {
        bool knowsAll = true;
        for (int size = Math.Max(1, candidates.Count); candidates.Count > 0; size /= 2)
        {
            List<HistoryOperation> kept = [];
            foreach (HistoryOperation[] chunk in candidates.Chunk(size))
            {
                SearchEnd end = _isStopped ? SearchEnd.OutOfTime : TryLoose(chunk);
                if (end != SearchEnd.NotThere)
                {
                    kept.AddRange(chunk);
                    knowsAll &= size > 1 || end == SearchEnd.Found;
                }
            }

            candidates = kept;
            if (size == 1)
            {
                break;
            }
        }

        return knowsAll;
    }

    private SearchEnd TryLoose(HistoryOperation[] chunk)
    {
        Demand[] before = [.. chunk.Select(DemandOf)];
        foreach (HistoryOperation operation in chunk)
        {
            _demands[operation] = DemandOf(operation) == Demand.Strict ? Demand.Loose : Demand.Free;
        }

        LinearizabilitySearch search = new(new SearchProblem(_model.NewTable(), _operations, DemandOf), _budget, MostConfigurationsPerTry);
        SearchEnd end = search.Run();
        _configurations += search.Configurations;
        _isStopped = _configurations >= MostConfigurations || end == SearchEnd.OutOfTime;
        if (end != SearchEnd.NotThere)
        {
            for (int i = 0; i < chunk.Length; i++)
            {
                _demands[chunk[i]] = before[i];
            }
        }

        return end;
    }
}
