using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace DataIntensive.Stores;

/// <summary>A linearizable store in memory, without a log. <see cref="LinearizableStore"/> makes it.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: readers share them.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> Every operation on a key is linearizable.</para>
/// <para><b>Order.</b> A watch gives the changes of all keys in one order, which is that of each key.</para>
/// <para><b>After a crash.</b> Nothing is left.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A read is one look-up without a lock; a write locks one stripe, and all of them while a watch is attached.</para>
/// <para><b>Not guaranteed.</b> Durability, transactions, and a watch's history beyond <see cref="InMemoryStoreOptions.KeptChanges"/>.</para>
/// </remarks>
public sealed class InMemoryLinearizableStore<TKey, TValue> : ILinearizableStore<TKey, TValue>
    where TKey : notnull
{
    private const int Stripes = 64;

    private readonly ConcurrentDictionary<TKey, StoreVersionNode<TValue>> _keys = new();
    private readonly Lock[] _stripes = new Lock[Stripes];
    private readonly Lock _watchGate = new();
    private readonly StoreChange<TKey, TValue>[] _kept;
    private long _lastRevision;
    private long _keptCount;
    private long _forgottenUpTo;
    private bool _watched;
    private TaskCompletionSource? _advanced;

    internal InMemoryLinearizableStore(InMemoryStoreOptions options)
    {
        _kept = new StoreChange<TKey, TValue>[options.KeptChanges];
        for (int i = 0; i < Stripes; i++)
        {
            _stripes[i] = new Lock();
        }
    }

    /// <summary>Returns the newest entry of a key, at once; the default entry when it is absent.</summary>
    public StoreEntry<TValue> Read(TKey key) => _keys.TryGetValue(key, out StoreVersionNode<TValue>? node) ? node.Entry : default;

    /// <inheritdoc />
    public ValueTask<StoreEntry<TValue>> ReadAsync(TKey key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<StoreEntry<TValue>>(Read(key));
    }

    /// <inheritdoc />
    public ValueTask<Revision> WriteAsync(TKey key, TValue value, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (StripeOf(key))
        {
            return new ValueTask<Revision>(Set_NeedsLock(key, value).Entry.Revision);
        }
    }

    /// <inheritdoc />
    public ValueTask<bool> DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (StripeOf(key))
        {
            if (!_keys.ContainsKey(key))
            {
                return new ValueTask<bool>(false);
            }

            if (_watched)
            {
                lock (_watchGate)
                {
                    _keys.TryRemove(key, out _);
                    Keep_NeedsLock(new StoreChange<TKey, TValue>(key, default, IsDelete: true, NextRevision()));
                }
            }
            else
            {
                NextRevision();
                _keys.TryRemove(key, out _);
            }

            return new ValueTask<bool>(true);
        }
    }

    /// <inheritdoc />
    public ValueTask<CompareAndSetResult<TValue>> CompareAndSetAsync(TKey key, Revision expected, TValue value, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (StripeOf(key))
        {
            StoreEntry<TValue> current = Read(key);
            return new ValueTask<CompareAndSetResult<TValue>>(
                current.Revision == expected
                    ? new CompareAndSetResult<TValue>(Succeeded: true, Set_NeedsLock(key, value).Entry)
                    : new CompareAndSetResult<TValue>(Succeeded: false, current));
        }
    }

    /// <inheritdoc />
    public ValueTask<StoreEntry<TValue>> UpdateAsync(TKey key, Func<StoreEntry<TValue>, TValue> update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        cancellationToken.ThrowIfCancellationRequested();
        Lock stripe = StripeOf(key);
        if (stripe.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("An update function cannot use the store that runs it.");
        }

        lock (stripe)
        {
            return new ValueTask<StoreEntry<TValue>>(Set_NeedsLock(key, update(Read(key))).Entry);
        }
    }

    /// <inheritdoc />
    public IAsyncEnumerable<StoreChange<TKey, TValue>> WatchAsync(Revision? after = null, CancellationToken cancellationToken = default)
    {
        StartKeeping();
        lock (_watchGate)
        {
            return Watch(after?.Value ?? _lastRevision, cancellationToken);
        }
    }

    private async IAsyncEnumerable<StoreChange<TKey, TValue>> Watch(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task? advanced = null;
            StoreChange<TKey, TValue> change = default;
            lock (_watchGate)
            {
                if (after < _forgottenUpTo)
                {
                    throw new LogHistoryGoneException(new LogPosition(after), new LogPosition(_forgottenUpTo));
                }

                long index = FirstKeptBehind_NeedsLock(after);
                if (index < _keptCount)
                {
                    change = _kept[index % _kept.Length];
                }
                else
                {
                    _advanced ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    advanced = _advanced.Task;
                }
            }

            if (advanced is not null)
            {
                await advanced.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            after = change.Revision.Value;
            yield return change;
        }
    }

    // Until the first watch nothing is kept. Switching that on while a write is half way would lose that write, so all stripes
    // are taken for the switch.
    private void StartKeeping()
    {
        if (Volatile.Read(ref _watched))
        {
            return;
        }

        int held = 0;
        try
        {
            for (; held < Stripes; held++)
            {
                _stripes[held].Enter();
            }

            lock (_watchGate)
            {
                if (!_watched)
                {
                    _forgottenUpTo = _lastRevision;
                    Volatile.Write(ref _watched, true);
                }
            }
        }
        finally
        {
            while (held > 0)
            {
                _stripes[--held].Exit();
            }
        }
    }

    private StoreVersionNode<TValue> Set_NeedsLock(TKey key, TValue value)
    {
        long version = (_keys.TryGetValue(key, out StoreVersionNode<TValue>? before) ? before.Version : 0) + 1;
        if (!_watched)
        {
            StoreVersionNode<TValue> node = new(value, NextRevision().Value, version, previous: null);
            _keys[key] = node;
            return node;
        }

        lock (_watchGate)
        {
            StoreVersionNode<TValue> node = new(value, NextRevision().Value, version, previous: null);
            _keys[key] = node;
            Keep_NeedsLock(new StoreChange<TKey, TValue>(key, value, IsDelete: false, new Revision(node.Revision)));
            return node;
        }
    }

    private void Keep_NeedsLock(StoreChange<TKey, TValue> change)
    {
        if (_keptCount >= _kept.Length)
        {
            _forgottenUpTo = _kept[_keptCount % _kept.Length].Revision.Value;
        }

        _kept[_keptCount++ % _kept.Length] = change;
        _advanced?.TrySetResult();
        _advanced = null;
    }

    private long FirstKeptBehind_NeedsLock(long revision)
    {
        long low = Math.Max(0, _keptCount - _kept.Length);
        long high = _keptCount;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (_kept[middle % _kept.Length].Revision.Value <= revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private Revision NextRevision() => new(Interlocked.Increment(ref _lastRevision));

    private Lock StripeOf(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _stripes[(uint)key.GetHashCode() % Stripes];
    }
}
