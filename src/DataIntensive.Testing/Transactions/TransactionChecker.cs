namespace DataIntensive.Testing;

/// <summary>
/// Judges whether a history of transactions can come from a database of an isolation level, names what is wrong with it and shows the
/// cycle, from nothing but what the clients saw: the method of Elle (Kingsbury and Alvaro, VLDB 2020) over the dependencies of Adya.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> What it calls a violation is one. For lists of which every element, or all but one of a key, was read in
/// the end, it misses none over single keys; for lists with several elements that nobody read, none at the serializable levels.</para>
/// <para><b>Order.</b> Anomalies come sorted by scope and kind, and are the same at every run.</para>
/// <para><b>Thread safety.</b> A check keeps no state: any number may run at once.</para>
/// <para><b>Cost.</b> Time linear in the steps of the history, plus the search for short cycles in what is wrong: a million steps take
/// seconds. Memory beside the history: about 220 bytes a step, and up to 1,300 where a cycle spans the whole history.</para>
/// <para><b>Not guaranteed.</b> That a valid history of registers is right: the order of blind writes is not known. That predicates
/// are: it sees none. That the cycle shown is the shortest, past <see cref="TransactionCheckOptions.MaxSearchSteps"/>.</para>
/// </remarks>
public static class TransactionChecker
{
    /// <summary>Checks a history.</summary>
    /// <param name="history">The history.</param>
    /// <param name="level">What it is asked about. Default strict serializability.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TransactionCheckResult Check(
        TransactionHistory history,
        TransactionLevel level = TransactionLevel.StrictSerializable,
        TransactionCheckOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (!Enum.IsDefined(level))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "There is no such level.");
        }

        TransactionCheck check = new(history, TransactionLevels.ScopeOf(level), options ?? new TransactionCheckOptions(), cancellationToken);
        string? limit = check.Run();
        bool violated = check.Anomalies.Any(anomaly => anomaly.Violates.Contains(level));
        if (level == TransactionLevel.ConsistentView && check.MayHideReadSkew)
        {
            limit ??= $"stopped telling G-single from G-nonadjacent after {(options ?? new TransactionCheckOptions()).MaxSearchSteps} steps";
        }

        CheckVerdict verdict = violated ? CheckVerdict.Invalid : limit is null ? CheckVerdict.Valid : CheckVerdict.Unknown;
        return new TransactionCheckResult(level, verdict, check.Anomalies, check.Dependencies, limit);
    }
}
