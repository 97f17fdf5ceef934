using DataIntensive.Causal;

namespace DataIntensive;

/// <summary>A replica in a database.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: readers share them.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> As <see cref="ICausalStore{TKey, TValue}"/>. Own and received writes are shown, and given to other replicas,
/// once they are fsynced, whatever <see cref="DatabaseOptions.Durability"/> is: a write that others know must not be un-written, because
/// its identity would be given again.</para>
/// <para><b>Order.</b> Updates become visible in the order of the log.</para>
/// <para><b>After a crash.</b> Every write that has returned is there, every value that was ever read, and the clock. Buffered updates
/// are gone; the next exchange brings them again.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread, but not inside a function of
/// <see cref="Database.ExecuteAsync(Action{DatabaseTransaction}, Durability?, CancellationToken)"/>.</para>
/// <para><b>Cost.</b> Reads take one lock for the time of a look-up and do not wait for pending writes. All keys, values and kept updates
/// are in memory. A write is one record with its whole dependencies; it shares its fsync with others.</para>
/// <para><b>Not guaranteed.</b> As <see cref="ICausalStore{TKey, TValue}"/>. A database in memory is a new replica each time: it needs a
/// new id.</para>
/// </remarks>
public sealed class DatabaseCausalStore<TKey, TValue> : ICausalStore<TKey, TValue>
    where TKey : notnull
{
    private readonly CausalState<TKey, TValue> _state;

    internal DatabaseCausalStore(CausalState<TKey, TValue> state) => _state = state;

    /// <summary>The store's name.</summary>
    public string Name => _state.Name;

    /// <inheritdoc />
    public ReplicaId Replica => _state.Replica;

    /// <summary>What this replica has seen.</summary>
    public VectorClock Clock => _state.Visible.Clock;

    /// <summary>How many received updates wait for what they depend on.</summary>
    public int BufferedUpdates => _state.BufferedCount;

    internal CausalReplica<TKey, TValue> State => _state.Visible;

    /// <summary>Reads a key, at once.</summary>
    public CausalRead<TValue> Read(TKey key) => _state.Visible.Read(key);

    /// <inheritdoc />
    /// <exception cref="ArgumentException">A codec cannot write it, or it is larger than a commit may be.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public ValueTask<VectorClock> WriteAsync(TKey key, TValue value, VectorClock? dependencies = null, CancellationToken cancellationToken = default) =>
        WriteAsync(key, value, isDelete: false, dependencies, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="ArgumentException">A codec cannot write it, or it is larger than a commit may be.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public ValueTask<VectorClock> DeleteAsync(TKey key, VectorClock? dependencies = null, CancellationToken cancellationToken = default) =>
        WriteAsync(key, default, isDelete: true, dependencies, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LogPoisonedException">The replica has not seen enough, and a write failed: it never will.</exception>
    /// <exception cref="ObjectDisposedException">The replica has not seen enough, and the database is closed.</exception>
    public ValueTask<CausalRead<TValue>> ReadAsync(TKey key, VectorClock? atLeast = null, CancellationToken cancellationToken = default) =>
        _state.Visible.ReadAsync(key, atLeast, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<CausalUpdate<TKey, TValue>>> UpdatesAfterAsync(VectorClock seen, int limit = 1000, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<IReadOnlyList<CausalUpdate<TKey, TValue>>>(_state.Visible.UpdatesAfter(seen, limit));
    }

    /// <inheritdoc />
    /// <remarks>Returns when what was applied is durable. Updates of one call may be several commits.</remarks>
    /// <exception cref="ArgumentException">A codec cannot write it, or it is larger than a commit may be.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public async ValueTask<VectorClock> ReceiveAsync(IReadOnlyList<CausalUpdate<TKey, TValue>> updates, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(updates);
        cancellationToken.ThrowIfCancellationRequested();
        if (updates.Count == 0)
        {
            return Clock;
        }

        CausalUpdate<TKey, TValue>[] arrived = [.. updates];
        (bool More, VectorClock Clock) round;
        do
        {
            (round, _) = await _state.Database.RunInSequencerAsync(
                static (transaction, call) => call.State.Receive_NeedsSequencer(transaction, call.Arrived),
                (State: _state, Arrived: arrived),
                Durability.Disk,
                cancellationToken).ConfigureAwait(false);
        }
        while (round.More);

        // An update that came twice may have been sequenced by another call and not be durable yet.
        await _state.Visible.WaitAsync(round.Clock, cancellationToken).ConfigureAwait(false);
        return Clock;
    }

    private async ValueTask<VectorClock> WriteAsync(TKey key, TValue? value, bool isDelete, VectorClock? dependencies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        await _state.Visible.WaitAsync(dependencies ?? default, cancellationToken).ConfigureAwait(false);
        (CausalUpdate<TKey, TValue> update, _) = await _state.Database.RunInSequencerAsync(
            static (transaction, call) => call.State.Write_NeedsSequencer(transaction, call.Key, call.Value, call.IsDelete, call.Dependencies),
            (State: _state, Key: key, Value: value, IsDelete: isDelete, Dependencies: dependencies),
            Durability.Disk,
            cancellationToken).ConfigureAwait(false);
        return update.Dependencies.With(update.Dot);
    }
}
