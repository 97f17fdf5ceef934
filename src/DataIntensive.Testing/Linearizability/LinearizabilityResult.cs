namespace DataIntensive.Testing;

/// <summary>What <see cref="LinearizabilityChecker"/> found, and how much it took.</summary>
public sealed class LinearizabilityResult
{
    private readonly IReadOnlyList<CheckedPart> _parts;

    internal LinearizabilityResult(
        CheckVerdict verdict, string? unknownBecause, LinearizabilityViolation? violation, IReadOnlyList<CheckedPart> parts, long configurations, long peakBytes, TimeSpan elapsed)
    {
        Verdict = verdict;
        UnknownBecause = unknownBecause;
        Violation = violation;
        _parts = parts;
        Configurations = configurations;
        PeakBytes = peakBytes;
        Elapsed = elapsed;
    }

    /// <summary>Whether the history is linearizable.</summary>
    public CheckVerdict Verdict { get; }

    /// <summary>Which bound stopped the search; null when the verdict is known.</summary>
    public string? UnknownBecause { get; }

    /// <summary>The offending piece; null unless the verdict is <see cref="CheckVerdict.Invalid"/>.</summary>
    public LinearizabilityViolation? Violation { get; }

    /// <summary>How many configurations the searches visited, the making small of a violation not counted.</summary>
    public long Configurations { get; }

    /// <summary>What the largest search took for what it remembers, in bytes.</summary>
    public long PeakBytes { get; }

    /// <summary>How long it took, by the clock of the options.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Writes a page with a timeline that needs nothing else: a lane for each process, a bar for each operation.</summary>
    /// <param name="writer">Where to; it is neither flushed nor closed.</param>
    /// <remarks>
    /// With a violation it shows the part that holds it; otherwise the parts with an order that was found, as far as
    /// <see cref="TimelineLimit"/> operations go.
    /// </remarks>
    public void WriteHtml(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        new TimelinePage(writer, this, _parts).Write();
    }

    /// <summary>How many operations a timeline shows at most; a violation's are the last ones before it.</summary>
    public const int TimelineLimit = 2_000;

    /// <summary>Returns the verdict, and with a violation what it consists of.</summary>
    public override string ToString() => Verdict switch
    {
        CheckVerdict.Valid => "linearizable",
        CheckVerdict.Invalid => $"not linearizable\n{Violation}",
        _ => $"unknown: {UnknownBecause}",
    };
}
