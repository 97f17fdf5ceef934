namespace DataIntensive;

/// <summary>
/// One replica of keys and values that several replicas write independently and exchange later, in the order of cause and effect.
/// <see cref="CausalStore"/> makes a standalone one; a <see cref="Database"/> holds durable ones.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: readers share them.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> A replica never shows a write before the writes that it depends on. Replicas that have seen the same writes
/// give equal answers. Concurrent writes of a key are kept side by side until a write that has seen them replaces them. A client that
/// hands on the clocks it got, as <c>atLeast</c> and <c>dependencies</c>, keeps read-your-writes, monotonic reads, monotonic writes
/// and writes-follow-reads at whichever replica it asks.</para>
/// <para><b>Order.</b> Each replica's own writes in their order, and causes before effects; concurrent writes in any order.</para>
/// <para><b>After a crash.</b> See the implementation; a database keeps every acknowledged write and every received one.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A delete leaves nothing behind under its key: what has seen everything a delete replaces cannot receive it again.
/// The updates themselves are kept for other replicas, up to <see cref="CausalStoreOptions.MaxKeptUpdates"/>.</para>
/// <para><b>Not guaranteed.</b> That reads are the newest: that is what <see cref="ILinearizableStore{TKey, TValue}"/> is for. That
/// values stay which a client has not read, when it writes with a clock that covers them: see <see cref="WriteAsync"/>. Anything, when
/// two replicas use one id, or one is restored from an older copy under its id: give it a new one.</para>
/// </remarks>
public interface ICausalStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The id of this replica, which its writes bear.</summary>
    ReplicaId Replica { get; }

    /// <summary>Writes a key, once all that the write depends on is there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="dependencies">
    /// What the writer has seen. No replica shows the write before all of it, and exactly the values of the key whose writes it covers
    /// are replaced; others stay beside the new value. Null: everything that this replica has taken, so all values of the key here are
    /// replaced. <see cref="VectorClock.Empty"/>: depends on nothing, replaces nothing.
    /// </param>
    /// <param name="cancellationToken">Bounds the waiting for the dependencies, which have not come as long as another replica has not sent them. It never un-writes.</param>
    /// <returns>
    /// The clock that covers the dependencies and the write: for a later read or write of the same client. It covers all earlier writes
    /// of this replica as well; a client that must not replace concurrent values unread reads the key again and writes with the
    /// <see cref="CausalRead{TValue}.Clock"/> of that read.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    ValueTask<VectorClock> WriteAsync(TKey key, TValue value, VectorClock? dependencies = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes what a write with the same dependencies would replace. It is a write without a value: it is taken even when the key is
    /// absent, and values written concurrently survive it.
    /// </summary>
    /// <inheritdoc cref="WriteAsync" path="/param" />
    /// <inheritdoc cref="WriteAsync" path="/returns" />
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    ValueTask<VectorClock> DeleteAsync(TKey key, VectorClock? dependencies = null, CancellationToken cancellationToken = default);

    /// <summary>Reads a key, once this replica has seen enough.</summary>
    /// <param name="key">The key.</param>
    /// <param name="atLeast">What the answer must rest on, at least; null: answer at once.</param>
    /// <param name="cancellationToken">Bounds the waiting.</param>
    /// <returns>The values and the replica's clock, as they were together at one moment.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    ValueTask<CausalRead<TValue>> ReadAsync(TKey key, VectorClock? atLeast = null, CancellationToken cancellationToken = default);

    /// <summary>Gives the updates that another replica lacks, causes before effects.</summary>
    /// <param name="seen">What the other has seen: what its <see cref="ReceiveAsync"/> returned.</param>
    /// <param name="limit">How many at most. Default 1,000; from 1. Fewer come only when there are no more.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="CausalHistoryGoneException">Some of them are no longer kept.</exception>
    ValueTask<IReadOnlyList<CausalUpdate<TKey, TValue>>> UpdatesAfterAsync(VectorClock seen, int limit = 1000, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes updates of other replicas, in any order and any number of times. Each is applied once, as soon as all that it depends on
    /// is there; until then it is buffered, in memory. They become visible one after the other, not together.
    /// </summary>
    /// <param name="updates">The updates; none to learn the clock.</param>
    /// <param name="cancellationToken">Stops the waiting; what was taken stays.</param>
    /// <returns>What this replica has seen now: what to ask another for the updates after. Buffered updates are not in it.</returns>
    /// <exception cref="CausalBufferFullException">
    /// More would have to be buffered than <see cref="CausalStoreOptions.MaxBufferedUpdates"/>. What could be applied was applied; of the
    /// rest nothing new was buffered.
    /// </exception>
    /// <exception cref="ReplicaIdReusedException">One is, or depends on, a write of this replica that it never made. Nothing was taken.</exception>
    ValueTask<VectorClock> ReceiveAsync(IReadOnlyList<CausalUpdate<TKey, TValue>> updates, CancellationToken cancellationToken = default);
}
