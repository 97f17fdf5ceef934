using System.Text;

namespace DataIntensive.Testing;

/// <summary>What <see cref="TransactionChecker"/> found in a history.</summary>
public sealed class TransactionCheckResult
{
    internal TransactionCheckResult(TransactionLevel level, CheckVerdict verdict, IReadOnlyList<TransactionAnomaly> anomalies, int dependencies, string? limit)
    {
        Level = level;
        Verdict = verdict;
        Anomalies = anomalies;
        Dependencies = dependencies;
        Limit = limit;
        Violations = [.. anomalies.Where(anomaly => anomaly.Violates.Contains(level))];
        WeakestViolated = TransactionLevels.Weakest(anomalies.SelectMany(anomaly => anomaly.WeakestViolated));
    }

    /// <summary>The level it was asked about.</summary>
    public TransactionLevel Level { get; }

    /// <summary>Whether the history keeps the level.</summary>
    public CheckVerdict Verdict { get; }

    /// <summary>Whether the verdict is <see cref="CheckVerdict.Valid"/>.</summary>
    public bool IsValid => Verdict == CheckVerdict.Valid;

    /// <summary>
    /// All anomalies that were found, also those that the level allows; of the cycles in one knot of transactions only the worst.
    /// Orders of processes and of real time are looked at when the level asks for them.
    /// </summary>
    public IReadOnlyList<TransactionAnomaly> Anomalies { get; }

    /// <summary>Those of them that the level excludes: not empty when, and only when, the verdict is invalid.</summary>
    public IReadOnlyList<TransactionAnomaly> Violations { get; }

    /// <summary>The levels that the history rules out and that imply none of the others; all stronger ones are ruled out with them.</summary>
    public IReadOnlyList<TransactionLevel> WeakestViolated { get; }

    /// <summary>
    /// How many dependencies between transactions were inferred. Without any the history says nothing, and is valid: a test should
    /// ask for more than none.
    /// </summary>
    public int Dependencies { get; }

    /// <summary>Which limit the check came to; null when it came to none.</summary>
    public string? Limit { get; }

    /// <summary>The verdict, and everything found, in words.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(Level).Append(": ").Append(Verdict switch { CheckVerdict.Valid => "valid", CheckVerdict.Invalid => "not valid", _ => "unknown" });
        text.Append(Limit is null ? "" : $" ({Limit})");
        foreach (TransactionAnomaly anomaly in Anomalies)
        {
            text.Append("\n\n").Append(anomaly.Violates.Contains(Level) ? "" : "Allowed: ").Append(anomaly.Text);
        }

        return text.ToString();
    }
}
