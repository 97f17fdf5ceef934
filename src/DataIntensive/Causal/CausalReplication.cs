namespace DataIntensive;

/// <summary>Brings replicas of one process up to date with each other.</summary>
public static class CausalReplication
{
    /// <summary>
    /// Gives each of two replicas the updates that it lacks of the other. May be repeated and run concurrently with anything.
    /// </summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="first">A replica.</param>
    /// <param name="second">Another replica.</param>
    /// <param name="cancellationToken">Stops the exchange; what was taken stays.</param>
    /// <returns>When both have seen at least what either had seen at the call.</returns>
    /// <exception cref="ArgumentException">Both have one id.</exception>
    /// <exception cref="CausalHistoryGoneException">One lacks updates that the other no longer keeps.</exception>
    /// <exception cref="CausalBufferFullException">One has no room for updates that overtook others.</exception>
    /// <exception cref="ReplicaIdReusedException">One does not know writes of its own that the other knows.</exception>
    public static async Task ExchangeAsync<TKey, TValue>(ICausalStore<TKey, TValue> first, ICausalStore<TKey, TValue> second, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Replica == second.Replica)
        {
            throw new ArgumentException($"Both replicas are called '{first.Replica}'.", nameof(second));
        }

        await PullAsync(first, second, cancellationToken).ConfigureAwait(false);
        await PullAsync(second, first, cancellationToken).ConfigureAwait(false);
    }

    private static async Task PullAsync<TKey, TValue>(ICausalStore<TKey, TValue> from, ICausalStore<TKey, TValue> to, CancellationToken cancellationToken)
        where TKey : notnull
    {
        const int atOnce = 1000;
        VectorClock seen = await to.ReceiveAsync([], cancellationToken).ConfigureAwait(false);
        IReadOnlyList<CausalUpdate<TKey, TValue>> updates;
        do
        {
            updates = await from.UpdatesAfterAsync(seen, atOnce, cancellationToken).ConfigureAwait(false);
            if (updates.Count > 0)
            {
                seen = await to.ReceiveAsync(updates, cancellationToken).ConfigureAwait(false);
            }
        }
        while (updates.Count == atOnce);
    }
}
