using System.Text;

namespace DataIntensive.Testing;

// Collects anomalies: a few of each name in full.
internal sealed class AnomalyReport(IndexedHistory history, int maxPerName)
{
    private readonly List<TransactionAnomaly> _anomalies = [];
    private readonly Dictionary<(TransactionAnomalyKind Kind, OrderScope Scope), int> _counts = [];

    // Set when a search gave up, so that a cycle may bear the name of a milder one.
    public bool MayHideReadSkew { get; set; }

    public IReadOnlyList<TransactionAnomaly> Sorted => [.. _anomalies.OrderBy(anomaly => anomaly.Scope).ThenBy(anomaly => anomaly.Kind)];

    public bool Wants(TransactionAnomalyKind kind, OrderScope scope = OrderScope.None) => _counts.GetValueOrDefault((kind, scope)) < maxPerName;

    public void Add(TransactionAnomalyKind kind, string reason, params ReadOnlySpan<int> transactions) => Add(kind, OrderScope.None, reason, transactions);

    public void Add(TransactionAnomalyKind kind, OrderScope scope, string reason, ReadOnlySpan<int> transactions)
    {
        if (Count(kind, scope))
        {
            _anomalies.Add(new TransactionAnomaly(kind, scope, Records(transactions), [], Describe(kind, scope, reason, transactions)));
        }
    }

    public void AddCycle(TransactionAnomalyKind kind, OrderScope scope, ReadOnlySpan<int> transactions, List<TransactionDependency> cycle)
    {
        if (!Count(kind, scope))
        {
            return;
        }

        StringBuilder shape = new(history.History.NameOf(transactions[0]));
        StringBuilder reasons = new();
        for (int i = 0; i < cycle.Count; i++)
        {
            string arrow = DependencyText.Arrow(cycle[i]);
            string to = history.History.NameOf(transactions[(i + 1) % cycle.Count]);
            shape.Append(' ').Append(arrow).Append(' ').Append(to);
            reasons.Append("\n  ").Append(history.History.NameOf(transactions[i])).Append(' ').Append(arrow).Append(' ').Append(to).Append(" because ").Append(cycle[i].Text);
        }

        string text = Describe(kind, scope, shape.ToString(), transactions) + reasons;
        _anomalies.Add(new TransactionAnomaly(kind, scope, Records(transactions), cycle, text));
    }

    private bool Count(TransactionAnomalyKind kind, OrderScope scope)
    {
        bool wanted = Wants(kind, scope);
        _counts[(kind, scope)] = _counts.GetValueOrDefault((kind, scope)) + 1;
        return wanted;
    }

    private string Describe(TransactionAnomalyKind kind, OrderScope scope, string reason, ReadOnlySpan<int> transactions)
    {
        StringBuilder text = new();
        text.Append(TransactionAnomaly.NameOf(kind)).Append(scope switch { OrderScope.Process => "-process", OrderScope.Realtime => "-realtime", _ => "" });
        text.Append(": ").Append(reason);
        List<int> told = [];
        foreach (int transaction in transactions)
        {
            if (!told.Contains(transaction))
            {
                told.Add(transaction);
                text.Append("\n  ").Append(history.History.NameOf(transaction)).Append(": ").Append(DependencyText.Of(history.Records[transaction]));
            }
        }

        return text.ToString();
    }

    private TransactionRecord[] Records(ReadOnlySpan<int> transactions)
    {
        TransactionRecord[] records = new TransactionRecord[transactions.Length];
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = history.Records[transactions[i]];
        }

        return records;
    }
}
