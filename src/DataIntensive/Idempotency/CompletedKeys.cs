using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// Completed keys with a bound in time and number. Reads take no lock; writes need the owner's. Which keys can be found depends on
// the order of completions and on the clock alone: sweeping forgets only what could not be found any more.
internal sealed class CompletedKeys(
    ConcurrentDictionary<IdempotencyKey, KeyEntry> entries,
    IdempotencyOptions options,
    RetentionClock clock,
    Action<IdempotencyKey, CompletedKey, bool> onForgotten)
{
    // More than one, so that what has piled up while nothing was completed goes away; few, so that no completion pays for it all.
    public const int SweptPerCompletion = 4;

    // A line by age, of the entries themselves. It may hold some that stand in the table no more.
    private CompletedKey? _oldest;
    private CompletedKey? _youngest;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TryGet(IdempotencyKey key, [MaybeNullWhen(false)] out CompletedKey entry)
    {
        if (entries.TryGetValue(key, out KeyEntry? found) && found is CompletedKey completed and not PausedKey && !clock.IsExpired(completed.CompletedAt))
        {
            entry = completed;
            return true;
        }

        entry = null;
        return false;
    }

    public bool IsExpired(CompletedKey entry) => clock.IsExpired(entry.CompletedAt);

    // Whether or not it is too old: for conflicts, which are about order and not about time.
    public bool TryGetAnyAge(IdempotencyKey key, [MaybeNullWhen(false)] out CompletedKey entry)
    {
        entries.TryGetValue(key, out KeyEntry? found);
        entry = found as CompletedKey;
        return entry is not null;
    }

    // Takes the place of an entry that is too old. Stamps must not descend from call to call.
    public void Add_NeedsLock(IdempotencyKey key, CompletedKey entry)
    {
        if (entries.TryGetValue(key, out KeyEntry? before))
        {
            _count--;
            onForgotten(key, (CompletedKey)before, true);
        }

        entries[key] = entry;
        Added_NeedsLock(key, entry);
    }

    // In the place of the run that it is the end of. False when another one stands there.
    public bool TryAdd_NeedsLock(IdempotencyKey key, CompletedKey entry, Execution run)
    {
        if (!entries.TryUpdate(key, entry, run))
        {
            return false;
        }

        Added_NeedsLock(key, entry);
        return true;
    }

    public bool TryDisplace_NeedsLock(IdempotencyKey key, CompletedKey entry, Execution run)
    {
        if (!entries.TryUpdate(key, run, entry))
        {
            return false;
        }

        _count--;
        onForgotten(key, entry, clock.IsExpired(entry.CompletedAt));
        return true;
    }

    public void Sweep_NeedsLock(int atMost = SweptPerCompletion)
    {
        while (atMost-- > 0 && _oldest is { } oldest && clock.IsExpired(oldest.CompletedAt))
        {
            ForgetOldest_NeedsLock(isTooOld: true);
        }
    }

    // Right behind a completion: the clock has been looked at.
    public void SweepAtNewest_NeedsLock()
    {
        int left = SweptPerCompletion;
        while (left-- > 0 && _oldest is { } oldest && clock.IsExpiredAtNewest(oldest.CompletedAt))
        {
            ForgetOldest_NeedsLock(isTooOld: true);
        }
    }

    // What the next completion pushes out; null when there is room for it.
    public CompletedKey? NextOut_NeedsLock() => _count >= options.MaxKeys ? _oldest : null;

    private void Added_NeedsLock(IdempotencyKey key, CompletedKey entry)
    {
        _count++;
        entry.Key = key;
        if (_youngest is null)
        {
            _oldest = entry;
        }
        else
        {
            _youngest.Next = entry;
        }

        _youngest = entry;
        while (_count > options.MaxKeys)
        {
            ForgetOldest_NeedsLock(isTooOld: false);
        }
    }

    private void ForgetOldest_NeedsLock(bool isTooOld)
    {
        CompletedKey entry = _oldest!;
        IdempotencyKey key = entry.Key;
        _oldest = entry.Next;
        _youngest = _oldest is null ? null : _youngest;

        // Whoever still holds it does not hold all that came behind it.
        entry.Next = null;

        // Unless the key was completed again meanwhile, or is running.
        if (entries.TryRemove(KeyValuePair.Create<IdempotencyKey, KeyEntry>(key, entry)))
        {
            _count--;
            onForgotten(key, entry, isTooOld);
        }
    }
}
