namespace DataIntensive.Testing;

// Collects violations: a few of each name.
internal sealed class CausalReport(int maxPerName)
{
    private static readonly CausalLevel[] All = [CausalLevel.Consistency, CausalLevel.Convergence, CausalLevel.Memory];

    private readonly List<CausalViolation> _violations = [];
    private readonly List<SessionViolation> _sessionViolations = [];

    public IReadOnlyList<CausalViolation> Violations => [.. _violations.OrderBy(violation => violation.Pattern)];

    public IReadOnlyList<SessionViolation> SessionViolations => [.. _sessionViolations.OrderBy(violation => violation.Guarantee)];

    public bool Wants(CausalPattern pattern) => _violations.Count(violation => violation.Pattern == pattern) < maxPerName;

    public bool Wants(SessionGuarantee guarantee) => _sessionViolations.Count(violation => violation.Guarantee == guarantee) < maxPerName;

    public bool Breaks(CausalLevel level) => _violations.Any(violation => violation.Violates.Contains(level));

    public void Add(CausalPattern pattern, IReadOnlyList<SessionOperation> operations, string reason)
    {
        CausalLevel[] violates = pattern switch
        {
            CausalPattern.CyclicCF => [CausalLevel.Convergence],
            CausalPattern.WriteHBInitRead or CausalPattern.CyclicHB => [CausalLevel.Memory],
            _ => All,
        };
        _violations.Add(new CausalViolation(pattern, violates, operations, $"{pattern}: {reason}"));
    }

    public void Add(SessionGuarantee guarantee, IReadOnlyList<SessionOperation> operations, string reason) =>
        _sessionViolations.Add(new SessionViolation(guarantee, operations, $"{guarantee}: {reason}"));
}
