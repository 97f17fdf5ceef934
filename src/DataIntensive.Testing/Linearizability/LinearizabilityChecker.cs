namespace DataIntensive.Testing;

/// <summary>
/// Tells whether a history is linearizable: whether there is one order of its operations that agrees with real time, and in which each
/// has the result that a model gives it.
/// </summary>
/// <remarks>
/// <para>
/// The search is that of Wing and Gong (1993) in the form of Lowe (2017), by parts that a model says are independent (Horn and
/// Kroening 2015). The verdict is exact: no hash stands for a configuration. An operation of unknown outcome takes effect once at any
/// time after its call, or never.
/// </para>
/// <para>
/// The problem is NP-complete, so there are histories that no bound is enough for; then the verdict is
/// <see cref="CheckVerdict.Unknown"/>. Many operations at once cost more than many operations, and operations of unknown outcome
/// cost most.
/// </para>
/// </remarks>
public static class LinearizabilityChecker
{
    // In a first pass no part may hold up the others: a violation is often cheap where it is.
    private const int FirstPassConfigurations = 20_000;

    /// <summary>Checks a history.</summary>
    /// <param name="history">The history.</param>
    /// <param name="model">What its operations should do.</param>
    /// <param name="options">How long and how large it may grow; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The verdict, and the offending piece of a history that is not linearizable: of the first part that was found to be so.</returns>
    /// <exception cref="ArgumentException">The model does not know an operation.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static LinearizabilityResult Check(History history, SequentialModel model, LinearizabilityOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(model);
        return new LinearizabilityRun(history, model, options ?? new LinearizabilityOptions(), cancellationToken).Check(FirstPassConfigurations);
    }
}
