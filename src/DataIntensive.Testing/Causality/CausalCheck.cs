using System.Globalization;

namespace DataIntensive.Testing;

// One run of the checker.
internal sealed class CausalCheck(CausalHistory history, CausalCheckOptions options, CancellationToken cancellationToken)
{
    private readonly CausalReport _report = new(options.MaxViolationsPerName);
    private readonly CheckBudget _budget = new(options.TimeProvider, options.Timeout, cancellationToken);
    private CheckVerdict _consistency;
    private CheckVerdict _convergence;
    private CheckVerdict _memory;

    public CausalCheckResult Run()
    {
        string? limit = null;
        try
        {
            Check();
        }
        catch (CheckLimitException reached)
        {
            limit = reached.Message;
        }

        // What was found is there, whatever was not.
        return new CausalCheckResult(
            _report.Breaks(CausalLevel.Consistency) ? CheckVerdict.Invalid : _consistency,
            _report.Breaks(CausalLevel.Convergence) ? CheckVerdict.Invalid : _convergence,
            _report.Breaks(CausalLevel.Memory) ? CheckVerdict.Invalid : _memory,
            _report.Violations,
            _report.SessionViolations,
            limit);
    }

    private void Check()
    {
        _budget.Look();
        IndexedCausalHistory indexed = new(history);
        long entries = (long)indexed.Count * indexed.Sessions;
        if (entries > options.MaxClockEntries || entries > Array.MaxLength)
        {
            throw new CheckLimitException(string.Create(CultureInfo.InvariantCulture, $"{indexed.Count} operations in {indexed.Sessions} sessions are more than {options.MaxClockEntries} entries"));
        }

        CausalClocks? clocks = CausalClocks.Of(indexed, _budget);
        CausalPath path = new(indexed);
        BadReads reads = new(indexed, _report, path, _budget);
        reads.FindThinAir();
        if (clocks is null)
        {
            reads.ReportCycle();
        }
        else
        {
            reads.FindInitial(clocks);
            reads.FindOverwritten(clocks);
        }

        _consistency = CheckVerdict.Valid;
        new SessionReads(indexed, clocks ?? CausalClocks.OfSessionsOnly(indexed), _report, _budget).Check();
        if (clocks is null || _report.Breaks(CausalLevel.Consistency))
        {
            return;
        }

        new ConflictOrder(indexed, clocks, _report, path, _budget).Check();
        _convergence = CheckVerdict.Valid;
        new SessionMemory(indexed, clocks, _report, _budget).Check();
        _memory = CheckVerdict.Valid;
    }
}
