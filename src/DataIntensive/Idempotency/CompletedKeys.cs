using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// Completed keys with a bound in time and number. Reads take no lock; writes need the owner's. Which keys can be found depends on
// the order of completions and on the clock alone: sweeping forgets only what could not be found any more.
internal sealed class CompletedKeys(KeyTable entries, IdempotencyOptions options, RetentionClock clock, Action<KeyEntry, bool> onForgotten)
{
    // More than one, so that what has piled up while nothing was completed goes away; few, so that no completion pays for it all.
    public const int SweptPerCompletion = 4;

    // A line by age, of the entries themselves. It may hold some that are too old and stand in the table no more.
    private KeyEntry? _oldest;
    private KeyEntry? _youngest;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TryGet(in IdempotencyKey key, [MaybeNullWhen(false)] out KeyEntry entry)
    {
        entry = entries.Find(key);
        return entry is { IsKept: true } && !clock.IsExpired(entry.CompletedAt);
    }

    public int AgeCount_NeedsLock
    {
        get
        {
            int count = 0;
            for (KeyEntry? entry = _oldest; entry is not null; entry = entry.Younger)
            {
                count++;
            }

            return count;
        }
    }

    // Whether or not it is too old: for conflicts, which are about order and not about time.
    public bool TryGetAnyAge(in IdempotencyKey key, [MaybeNullWhen(false)] out KeyEntry entry)
    {
        entry = entries.Find(key);
        return entry is not null;
    }

    // Takes the place of an entry that is too old. Stamps must not descend from call to call.
    public void Add_NeedsLock(KeyEntry entry)
    {
        if (entries.Set(entry) is { } before)
        {
            _count--;
            onForgotten(before, true);
        }

        Added_NeedsLock(entry);
    }

    // In the place of the run that it is the end of. False when another one stands there.
    public bool TryAdd_NeedsLock(KeyEntry entry, Execution run)
    {
        entry.Key = run.Key;
        if (!entries.TryReplace(run, entry))
        {
            return false;
        }

        Added_NeedsLock(entry);
        return true;
    }

    // One that stands in the table already.
    public void Added_NeedsLock(KeyEntry entry)
    {
        _count++;
        if (_youngest is null)
        {
            _oldest = entry;
        }
        else
        {
            _youngest.Younger = entry;
        }

        if (entry is PausedKey paused)
        {
            paused.Older = _youngest;
        }

        _youngest = entry;
        while (_count > options.MaxKeys)
        {
            ForgetOldest_NeedsLock(isTooOld: false);
        }
    }

    public bool TryDisplace_NeedsLock(KeyEntry entry, Execution run)
    {
        if (!entries.TryReplace(entry, run))
        {
            return false;
        }

        if (entry is PausedKey paused)
        {
            TakeOut_NeedsLock(paused);
        }

        _count--;
        onForgotten(entry, clock.IsExpired(entry.CompletedAt));
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
    public KeyEntry? NextOut_NeedsLock() => _count >= options.MaxKeys ? _oldest : null;

    // What is too old is near the end of the line anyway. This is not, and one key may leave it any number of times.
    private void TakeOut_NeedsLock(PausedKey entry)
    {
        if (entry.Older is { } older)
        {
            older.Younger = entry.Younger;
        }
        else
        {
            _oldest = entry.Younger;
        }

        if (entry.Younger is null)
        {
            _youngest = entry.Older;
        }
        else if (entry.Younger is PausedKey younger)
        {
            younger.Older = entry.Older;
        }

        entry.Older = null;
        entry.Younger = null;
    }

    private void ForgetOldest_NeedsLock(bool isTooOld)
    {
        KeyEntry entry = _oldest!;
        _oldest = entry.Younger;
        _youngest = _oldest is null ? null : _youngest;

        // Whoever still holds it does not hold all that came behind it.
        entry.Younger = null;
        if (_oldest is PausedKey paused)
        {
            paused.Older = null;
        }

        // Unless the key was completed again meanwhile, or is running.
        if (entries.TryRemove(entry))
        {
            _count--;
            onForgotten(entry, isTooOld);
        }
    }
}
