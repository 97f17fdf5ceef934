using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// Completed keys with a bound in time and number. Reads take no lock; writes need the owner's. Which keys can be found depends on
// the order of completions and on the clock alone: sweeping forgets only what could not be found any more.
internal sealed class CompletedKeys<TEntry>(IdempotencyOptions options, RetentionClock clock)
    where TEntry : CompletedKey
{
    // More than one, so that what has piled up while nothing was completed goes away; few, so that no completion pays for it all.
    private const int SweptPerCompletion = 4;

    private readonly ConcurrentDictionary<IdempotencyKey, TEntry> _entries = new();
    private readonly Queue<(IdempotencyKey Key, TEntry Entry)> _byAge = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TryGet(IdempotencyKey key, [MaybeNullWhen(false)] out TEntry entry) =>
        _entries.TryGetValue(key, out entry) && !clock.IsExpired(entry.CompletedAt);

    // Whether or not it is too old: for conflicts, which are about order and not about time.
    public bool TryGetAnyAge(IdempotencyKey key, [MaybeNullWhen(false)] out TEntry entry) => _entries.TryGetValue(key, out entry);

    // Takes the place of an entry that is too old. Stamps must not descend from call to call.
    public void Add_NeedsLock(IdempotencyKey key, TEntry entry)
    {
        if (!_entries.ContainsKey(key))
        {
            _count++;
        }

        _entries[key] = entry;
        _byAge.Enqueue((key, entry));
        while (_count > options.MaxKeys)
        {
            ForgetOldest_NeedsLock();
        }
    }

    public void Sweep_NeedsLock(int atMost = SweptPerCompletion)
    {
        while (atMost-- > 0 && _byAge.TryPeek(out (IdempotencyKey Key, TEntry Entry) oldest) && clock.IsExpired(oldest.Entry.CompletedAt))
        {
            ForgetOldest_NeedsLock();
        }
    }

    private void ForgetOldest_NeedsLock()
    {
        (IdempotencyKey key, TEntry entry) = _byAge.Dequeue();

        // Unless the key was completed again meanwhile.
        if (_entries.TryRemove(KeyValuePair.Create(key, entry)))
        {
            _count--;
        }
    }
}
