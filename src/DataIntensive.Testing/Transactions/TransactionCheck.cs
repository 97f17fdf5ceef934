namespace DataIntensive.Testing;

// One run of the checker.
internal sealed class TransactionCheck(TransactionHistory history, OrderScope scope, TransactionCheckOptions options, CancellationToken cancellationToken)
{
    private AnomalyReport? _report;

    public IReadOnlyList<TransactionAnomaly> Anomalies { get; private set; } = [];

    public bool MayHideReadSkew => _report is { MayHideReadSkew: true };

    public int Dependencies { get; private set; }

    // Returns the limit it came to; null when it came to none.
    public string? Run()
    {
        try
        {
            Check(new CheckBudget(options.TimeProvider, options.Timeout, cancellationToken));
            return null;
        }
        catch (CheckLimitException limit)
        {
            return limit.Message;
        }
        finally
        {
            Anomalies = _report?.Sorted ?? [];
        }
    }

    private void Check(CheckBudget budget)
    {
        budget.Look();
        IndexedHistory indexed = new(history, budget);
        _report = new AnomalyReport(indexed, options.MaxAnomaliesPerName);
        DependencyGraph graph = new(indexed.Count);
        ListAnalysis? lists = null;
        new OwnReads(indexed, _report, budget).Check();
        if (history.Model == TransactionModel.ListAppend)
        {
            lists = new ListAnalysis(indexed, _report, budget);
            lists.FindOrders();
            lists.CheckReads();
            lists.AddEdges(graph);
        }
        else
        {
            RegisterAnalysis registers = new(indexed, _report, budget);
            registers.MarkReads();
            registers.CheckReads();
            registers.AddEdges(graph, scope, options);
        }

        Dependencies = graph.Edges;
        if (scope >= OrderScope.Process)
        {
            OrderEdges.AddProcesses(indexed, graph);
        }

        if (scope >= OrderScope.Realtime)
        {
            OrderEdges.AddRealtime(indexed, graph);
        }

        budget.Look();
        if (KnottedGraph.Of(graph, budget) is { } knotted)
        {
            new CycleSearch(knotted, _report, new DependencyText(indexed, lists), budget, options.MaxSearchSteps).Run(scope);
        }
    }
}
