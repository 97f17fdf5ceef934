using System.Runtime.CompilerServices;
using DataIntensive.Logs;
using DataIntensive.Stores;

namespace DataIntensive;

/// <summary>A linearizable store in a database.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: readers share them.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> Every operation on a key is linearizable; a write that has returned is as durable as the database says.</para>
/// <para><b>Order.</b> The order of the log. A watch gives every change once, without a gap between history and live.</para>
/// <para><b>After a crash.</b> Every write that has returned is there, and every value that was ever read.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> Reads take no lock and never wait. All keys and values are in memory. Writes share their fsync with others.</para>
/// <para><b>Not guaranteed.</b> That a watch in a database in memory reaches back for ever: its log is bounded.</para>
/// </remarks>
public sealed partial class DatabaseStore<TKey, TValue> : ILinearizableStore<TKey, TValue>
    where TKey : notnull
{
    private readonly StoreState<TKey, TValue> _state;

    internal DatabaseStore(StoreState<TKey, TValue> state) => _state = state;

    /// <summary>The store's name.</summary>
    public string Name => _state.Name;

    internal StoreState<TKey, TValue> State => _state;

    internal Database Database => _state.Database;

    /// <summary>Returns the newest visible entry of a key, at once; the default entry when it is absent.</summary>
    public StoreEntry<TValue> Read(TKey key)
    {
        Database.ThrowIfDisposed();
        return _state.Read(key);
    }

    /// <summary>Returns all keys with their entries as they are at one position, in no particular order.</summary>
    public IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>> ReadAll() => _state.ReadAll();

    /// <inheritdoc />
    public ValueTask<StoreEntry<TValue>> ReadAsync(TKey key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<StoreEntry<TValue>>(Read(key));
    }

    /// <inheritdoc />
    public async ValueTask<Revision> WriteAsync(TKey key, TValue value, CancellationToken cancellationToken = default)
    {
        (_, LogPosition position) = await RunAsync(
            key,
            static (store, call) =>
            {
                store.Write(call.Key, call.Value);
                return true;
            },
            (Key: key, Value: value),
            cancellationToken).ConfigureAwait(false);
        return new Revision(position.Value);
    }

    /// <inheritdoc />
    public async ValueTask<StoreEntry<TValue>> WriteAsync(TKey key, TValue value, TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        (StoreEntry<TValue> entry, LogPosition position) = await RunAsync(
            key,
            static (store, call) =>
            {
                store.Write(call.Key, call.Value, call.TimeToLive);
                return store.Read(call.Key);
            },
            (Key: key, Value: value, TimeToLive: timeToLive),
            cancellationToken).ConfigureAwait(false);
        return entry with { Revision = new Revision(position.Value) };
    }

    /// <inheritdoc />
    public async ValueTask<bool> DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        (bool deleted, _) = await RunAsync(
            key,
            static (store, key) => store.Delete(key),
            key,
            cancellationToken).ConfigureAwait(false);
        return deleted;
    }

    /// <inheritdoc />
    public async ValueTask<CompareAndSetResult<TValue>> CompareAndSetAsync(TKey key, Revision expected, TValue value, CancellationToken cancellationToken = default)
    {
        (CompareAndSetResult<TValue> result, LogPosition position) = await RunAsync(
            key,
            static (store, call) =>
            {
                StoreEntry<TValue> current = store.Read(call.Key);
                if (current.Revision != call.Expected)
                {
                    return new CompareAndSetResult<TValue>(Succeeded: false, current);
                }

                store.Write(call.Key, call.Value);
                return new CompareAndSetResult<TValue>(Succeeded: true, store.Read(call.Key));
            },
            (Key: key, Expected: expected, Value: value),
            cancellationToken).ConfigureAwait(false);
        return result.Succeeded ? result with { Current = result.Current with { Revision = new Revision(position.Value) } } : result;
    }

    // Inside the sequencer, as an update: many on one hot key share an fsync.
    internal async ValueTask<CompareAndSetResult<TValue>> CompareAndSetAsync(TKey key, TValue expected, TValue value, IEqualityComparer<TValue> comparer, CancellationToken cancellationToken)
    {
        (CompareAndSetResult<TValue> result, LogPosition position) = await RunAsync(
            key,
            static (store, call) =>
            {
                StoreEntry<TValue> current = store.Read(call.Key);
                if (!current.Exists || !call.Comparer.Equals(current.Value!, call.Expected))
                {
                    return new CompareAndSetResult<TValue>(Succeeded: false, current);
                }

                store.Write(call.Key, call.Value);
                return new CompareAndSetResult<TValue>(Succeeded: true, store.Read(call.Key));
            },
            (Key: key, Expected: expected, Value: value, Comparer: comparer),
            cancellationToken).ConfigureAwait(false);
        return result.Succeeded ? result with { Current = result.Current with { Revision = new Revision(position.Value) } } : result;
    }

    /// <inheritdoc />
    public async ValueTask<StoreEntry<TValue>> UpdateAsync(TKey key, Func<StoreEntry<TValue>, TValue> update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        (StoreEntry<TValue> entry, LogPosition position) = await RunAsync(
            key,
            static (store, call) =>
            {
                store.Update(call.Key, call.Update);
                return store.Read(call.Key);
            },
            (Key: key, Update: update),
            cancellationToken).ConfigureAwait(false);
        return entry with { Revision = new Revision(position.Value) };
    }

    /// <inheritdoc />
    public IAsyncEnumerable<StoreChange<TKey, TValue>> WatchAsync(Revision? after = null, CancellationToken cancellationToken = default)
    {
        // The place is taken now, not when the enumeration begins: a change in between must not be missed.
        LogPosition start = after is { } revision ? new LogPosition(revision.Value) : Database.Visible;
        return Watch(start, cancellationToken);
    }

    /// <summary>Gives the changes of all keys commit by commit, in order, until cancelled.</summary>
    /// <param name="after">The revision of the last commit that is known; null: commits that become visible after this call.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="LogHistoryGoneException">The changes behind <paramref name="after"/> are no longer kept; thrown while enumerating.</exception>
    /// <remarks>It reads the log at the pace of its caller and holds one commit at a time, however far it is behind.</remarks>
    public IAsyncEnumerable<StoreCommit<TKey, TValue>> WatchCommitsAsync(Revision? after = null, CancellationToken cancellationToken = default)
    {
        LogPosition start = after is { } revision ? new LogPosition(revision.Value) : Database.Visible;
        return WatchCommits(start, cancellationToken);
    }

    internal StoreTransaction<TKey, TValue> Join(DatabaseTransaction transaction) =>
        new(transaction.Changes(_state, StoreChanges<TKey, TValue>.Of));

    private ValueTask<(T Result, LogPosition Position)> RunAsync<TArgument, T>(TKey key, Func<StoreTransaction<TKey, TValue>, TArgument, T> function, TArgument argument, CancellationToken cancellationToken)
    {
        // The key's place comes from far memory out here, and not while all others wait.
        _state.ReadNewest(key);
        ValueTask<((T Result, StoreChanges<TKey, TValue> Changes) Run, LogPosition Position)> running = Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                StoreChanges<TKey, TValue> changes = transaction.Changes(call.State, StoreChanges<TKey, TValue>.Of);
                return (call.Function(new StoreTransaction<TKey, TValue>(changes), call.Argument), changes);
            },
            (State: _state, Function: function, Argument: argument),
            durability: null,
            cancellationToken,
            isOwn: true);
        return running.IsCompletedSuccessfully ? new ValueTask<(T Result, LogPosition Position)>(End(running.Result)) : EndAsync(running);
    }

    private static async ValueTask<(T Result, LogPosition Position)> EndAsync<T>(ValueTask<((T Result, StoreChanges<TKey, TValue> Changes) Run, LogPosition Position)> running) =>
        End(await running.ConfigureAwait(false));

    // The changes are used again, unless it fails or is cancelled: then they may be looked at still.
    private static (T Result, LogPosition Position) End<T>(((T Result, StoreChanges<TKey, TValue> Changes) Run, LogPosition Position) ended)
    {
        ended.Run.Changes.GiveBack();
        return (ended.Run.Result, ended.Position);
    }

    private async IAsyncEnumerable<StoreChange<TKey, TValue>> Watch(LogPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using LogReader reader = Database.Log.OpenReader(after);
        Database.ThrowIfHistoryGone(_state.Tag, after);
        do
        {
            while (reader.TryRead(out LogRecord record))
            {
                Database.ThrowIfHistoryGone(_state.Tag, record);
                if (_state.TryDecode(record, out StoreChange<TKey, TValue> change))
                {
                    // The log shows a commit a moment before the database does; who sees a change must be able to read it.
                    await Database.WaitVisibleAsync(record.Position, cancellationToken).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return change;
                }
            }
        }
        while (await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false));
    }

    private async IAsyncEnumerable<StoreCommit<TKey, TValue>> WatchCommits(LogPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using LogReader reader = Database.Log.OpenReader(after);
        Database.ThrowIfHistoryGone(_state.Tag, after);
        List<StoreChange<TKey, TValue>> changes = [];
        do
        {
            while (reader.TryRead(out LogRecord record))
            {
                Database.ThrowIfHistoryGone(_state.Tag, record);
                if (_state.TryDecode(record, out StoreChange<TKey, TValue> change))
                {
                    changes.Add(change);
                }

                if (record.EndsCommit && changes.Count > 0)
                {
                    await Database.WaitVisibleAsync(record.Position, cancellationToken).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return new StoreCommit<TKey, TValue>(changes, new Revision(record.Position.Value));
                    changes = [];
                }
            }
        }
        while (await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false));
    }
}
