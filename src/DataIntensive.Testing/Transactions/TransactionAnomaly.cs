namespace DataIntensive.Testing;

/// <summary>One thing that is wrong with a history, with the transactions that show it.</summary>
public sealed class TransactionAnomaly
{
    internal TransactionAnomaly(TransactionAnomalyKind kind, OrderScope scope, IReadOnlyList<TransactionRecord> transactions, IReadOnlyList<TransactionDependency> cycle, string text)
    {
        Kind = kind;
        Scope = scope;
        Transactions = transactions;
        Cycle = cycle;
        Text = text;
        WeakestViolated = TransactionLevels.WeakestViolatedBy(kind, scope);
        Violates = TransactionLevels.RuledOutBy(TransactionLevels.WeakestViolatedBy(kind, scope));
    }

    /// <summary>What is wrong.</summary>
    public TransactionAnomalyKind Kind { get; }

    /// <summary>Which order outside the data it takes to see it.</summary>
    public OrderScope Scope { get; }

    /// <summary>Its name in Elle: <c>G0</c>, <c>G-single-item-realtime</c>, <c>lost-update</c> and the like.</summary>
    public string Name => NameOf(Kind) + Scope switch { OrderScope.Process => "-process", OrderScope.Realtime => "-realtime", _ => "" };

    /// <summary>The levels that it rules out and that imply none of the others: its boundary.</summary>
    public IReadOnlyList<TransactionLevel> WeakestViolated { get; }

    /// <summary>All levels that it rules out.</summary>
    public IReadOnlyList<TransactionLevel> Violates { get; }

    /// <summary>The transactions that show it, in the order of the cycle if there is one.</summary>
    public IReadOnlyList<TransactionRecord> Transactions { get; }

    /// <summary>The cycle, from the first transaction back to it; empty when no cycle is needed.</summary>
    public IReadOnlyList<TransactionDependency> Cycle { get; }

    /// <summary>All of it in words, over several lines.</summary>
    public string Text { get; }

    /// <inheritdoc />
    public override string ToString() => Text;

    internal static string NameOf(TransactionAnomalyKind kind) => kind switch
    {
        TransactionAnomalyKind.GSingle => "G-single-item",
        TransactionAnomalyKind.GNonadjacent => "G-nonadjacent-item",
        TransactionAnomalyKind.G2Item => "G2-item",
        TransactionAnomalyKind.LostUpdate => "lost-update",
        TransactionAnomalyKind.Internal => "internal",
        TransactionAnomalyKind.FutureRead => "future-read",
        TransactionAnomalyKind.DuplicateElements => "duplicate-elements",
        TransactionAnomalyKind.IncompatibleOrder => "incompatible-order",
        TransactionAnomalyKind.DirtyUpdate => "dirty-update",
        TransactionAnomalyKind.GarbageRead => "garbage-read",
        TransactionAnomalyKind.CyclicVersions => "cyclic-versions",
        _ => kind.ToString(),
    };
}
