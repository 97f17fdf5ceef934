using System.Text;

namespace DataIntensive.Testing;

/// <summary>What <see cref="CausalChecker"/> found in a history.</summary>
public sealed class CausalCheckResult
{
    internal CausalCheckResult(
        CheckVerdict consistency,
        CheckVerdict convergence,
        CheckVerdict memory,
        IReadOnlyList<CausalViolation> violations,
        IReadOnlyList<SessionViolation> sessionViolations,
        string? limit)
    {
        Consistency = consistency;
        Convergence = convergence;
        Memory = memory;
        Violations = violations;
        SessionViolations = sessionViolations;
        Limit = limit;
    }

    /// <summary>Whether it is weakly causally consistent (CC).</summary>
    public CheckVerdict Consistency { get; }

    /// <summary>Whether it is causally convergent (CCv).</summary>
    public CheckVerdict Convergence { get; }

    /// <summary>Whether it is a causal memory (CM).</summary>
    public CheckVerdict Memory { get; }

    /// <summary>The bad patterns. Those of CCv and CM are looked for where CC holds.</summary>
    public IReadOnlyList<CausalViolation> Violations { get; }

    /// <summary>The session guarantees that are broken, each read under the first of them that it breaks.</summary>
    public IReadOnlyList<SessionViolation> SessionViolations { get; }

    /// <summary>Which limit the check came to; null when it came to none.</summary>
    public string? Limit { get; }

    /// <summary>Gives the verdict of a level.</summary>
    public CheckVerdict VerdictOf(CausalLevel level) => level switch
    {
        CausalLevel.Consistency => Consistency,
        CausalLevel.Convergence => Convergence,
        CausalLevel.Memory => Memory,
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "There is no such level."),
    };

    /// <summary>The verdicts, and everything found, in words.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append("CC: ").Append(Word(Consistency)).Append(", CCv: ").Append(Word(Convergence)).Append(", CM: ").Append(Word(Memory));
        text.Append(Limit is null ? "" : $" ({Limit})");
        foreach (string line in Violations.Select(violation => violation.Text).Concat(SessionViolations.Select(violation => violation.Text)))
        {
            text.Append("\n  ").Append(line);
        }

        return text.ToString();
    }

    private static string Word(CheckVerdict verdict) => verdict switch { CheckVerdict.Valid => "holds", CheckVerdict.Invalid => "broken", _ => "unknown" };
}
