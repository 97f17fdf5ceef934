namespace DataIntensive.Testing;

/// <summary>
/// Judges whether a history with unique values is causally consistent, in which of three grades, and names the bad pattern: the method
/// of Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal consistency" (POPL 2017). Names broken session guarantees too.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> The verdicts are exact, both ways: with unique values a history is consistent if it has no bad pattern.</para>
/// <para><b>Order.</b> Violations come in the order of the patterns, and are the same at every run.</para>
/// <para><b>Thread safety.</b> A check keeps no state: any number may run at once.</para>
/// <para><b>Cost.</b> For n operations in k sessions: CC, CCv and the session guarantees take time in n k log n. CM takes that once for
/// each session, and n k more for each order of two writes that a session's reads force, which a bad history can have very many of;
/// <see cref="CheckOptions.Timeout"/> bounds it. Memory is 12 n k bytes and about 100 n.</para>
/// <para><b>Not guaranteed.</b> Anything about keys as sets of siblings: let the reader choose one by an order that all share.</para>
/// </remarks>
public static class CausalChecker
{
    /// <summary>Checks a history against all levels and session guarantees.</summary>
    /// <param name="history">The history.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CausalCheckResult Check(CausalHistory history, CausalCheckOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(history);
        return new CausalCheck(history, options ?? new CausalCheckOptions(), cancellationToken).Run();
    }
}
