namespace DataIntensive;

/// <summary>Records what an application does to the rows of one table, for consumers to read.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TRow">The type of the rows. Treat them as immutable.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> A change that has returned is as durable as the database says, and every consumer gets it.</para>
/// <para><b>Order.</b> Positions grow strictly: a change that begins after another has returned stands behind it.</para>
/// <para><b>After a crash.</b> Every change that has returned is there; one under way may be there or not.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> Each call is a commit; with <c>In(transaction)</c> the change is part of another one. No rows are kept in memory.</para>
/// <para><b>Not guaranteed.</b> That the rows told are true: it records what it is told, and does not check that an inserted row is new
/// or that a row before is the one that was there. Who needs that keeps the rows in a store and records within the same transaction.</para>
/// </remarks>
public interface IChangeProducer<TKey, TRow>
    where TKey : notnull
{
    /// <summary>The name of the table.</summary>
    string Table { get; }

    /// <summary>Records that a row came into being.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="row">The row.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The identity of the change.</returns>
    ValueTask<ChangePosition> InsertAsync(TKey key, TRow row, CancellationToken cancellationToken = default);

    /// <summary>Records that a row was replaced.</summary>
    /// <param name="key">Its key, which stays the same. A row under another key is a delete and an insert.</param>
    /// <param name="before">The row as it was.</param>
    /// <param name="after">The row as it is.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The identity of the change.</returns>
    ValueTask<ChangePosition> UpdateAsync(TKey key, TRow before, TRow after, CancellationToken cancellationToken = default);

    /// <summary>Records that a row is gone.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="before">The row as it was.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The identity of the change.</returns>
    ValueTask<ChangePosition> DeleteAsync(TKey key, TRow before, CancellationToken cancellationToken = default);
}
