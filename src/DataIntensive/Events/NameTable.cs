using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using DataIntensive.Internal;

namespace DataIntensive.Events;

// Objects by name: added by one thread at a time, found by any without a lock. What a state snapshot has of one stays in its bytes until
// somebody asks for it, so that opening makes no objects for what nobody touches; make is given the name and what stands behind it.
internal sealed class NameTable<T>(Func<string, ArraySegment<byte>, T> make) : IEnumerable<KeyValuePair<string, T>>
    where T : class
{
    private const int MostBytesOnStack = 512;

    private static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    private readonly ConcurrentDictionary<string, T> _made = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);
    private readonly List<ArraySegment<byte>> _blocks = [];
    private Stored[] _stored = [];
    private int _storedCount;
    private int _storedMade;

    public int Count => _made.Count + _storedCount - Volatile.Read(ref _storedMade);

    // Those that somebody asked for or added.
    public IEnumerable<T> Made => _made.Values;

    public T? Find(string name)
    {
        if (_made.TryGetValue(name, out T? found) || _storedCount == 0)
        {
            return found;
        }

        Span<byte> bytes = stackalloc byte[MostBytesOnStack];
        return FindStored(Encoding.UTF8.TryGetBytes(name, bytes, out int length) ? bytes[..length] : Encoding.UTF8.GetBytes(name), name);
    }

    // By its name in UTF-8.
    public T? Find(ReadOnlySpan<byte> name)
    {
        Span<char> chars = stackalloc char[MostBytesOnStack];
        return !Encoding.UTF8.TryGetChars(name, chars, out int length) ? Find(Encoding.UTF8.GetString(name))
            : _made.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars[..length], out T? found) ? found
            : FindStored(name, known: null);
    }

    public bool TryFind(string name, [NotNullWhen(true)] out T? found) => (found = Find(name)) is not null;

    // In place of one that was there.
    public void Set(string name, T one)
    {
        // One that is stored would otherwise count twice.
        _ = Find(name);
        _made[name] = one;
    }

    // Makes room for so many that are stored.
    public void Expect(long stored)
    {
        int length = (int)Math.Min(1L << 30, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(stored, 8) * 3 / 2));
        Stored[] before = _stored;
        _stored = new Stored[Math.Max(length, before.Length)];
        foreach (Stored one in before)
        {
            Place(one);
        }
    }

    // The name stands at an offset of the block, which does not change any more. Only while it is not used by others yet.
    public void Store(ArraySegment<byte> block, int offset, ReadOnlySpan<byte> name)
    {
        if ((_storedCount + 1) * 4L > _stored.Length * 3L)
        {
            Expect(_stored.Length);
        }

        if (_blocks.Count == 0 || _blocks[^1].Array != block.Array)
        {
            _blocks.Add(block);
        }

        Place(new Stored(HashOf(name), _blocks.Count, offset));
        _storedCount++;
    }

    // Each once, also beside additions. Stored ones are made for the caller alone.
    public IEnumerator<KeyValuePair<string, T>> GetEnumerator()
    {
        foreach (Stored stored in _stored)
        {
            if (stored.Block > 0)
            {
                string name = Encoding.UTF8.GetString(Split(stored, out ArraySegment<byte> rest));
                yield return KeyValuePair.Create(name, _made.TryGetValue(name, out T? made) ? made : make(name, rest));
            }
        }

        foreach (KeyValuePair<string, T> made in _made)
        {
            if (!IsStored(made.Key))
            {
                yield return made;
            }
        }
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    // Seeded, so that nobody can choose names that meet: eight bytes at a time, multiplied and folded.
    private static uint HashOf(ReadOnlySpan<byte> name)
    {
        ulong hash = Seed ^ (ulong)name.Length;
        while (name.Length >= sizeof(ulong))
        {
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name));
            name = name[sizeof(ulong)..];
        }

        ulong last = 0;
        foreach (byte one in name)
        {
            last = (last << 8) | one;
        }

        hash = Fold(hash ^ last);
        return (uint)(hash ^ (hash >> 32));
    }

    private static ulong Fold(ulong word)
    {
        ulong high = Math.BigMul(word, Seed, out ulong low);
        return high ^ low;
    }

    private T? FindStored(ReadOnlySpan<byte> name, string? known)
    {
        if (_storedCount == 0 || !TryFindStored(name, out ArraySegment<byte> rest))
        {
            return null;
        }

        // Several may make it at once: the first that is entered is the one.
        string text = known ?? Encoding.UTF8.GetString(name);
        T made = make(text, rest);
        if (_made.TryAdd(text, made))
        {
            Interlocked.Increment(ref _storedMade);
            return made;
        }

        return _made[text];
    }

    private bool IsStored(string name) => _storedCount > 0 && TryFindStored(Encoding.UTF8.GetBytes(name), out _);

    private bool TryFindStored(ReadOnlySpan<byte> name, out ArraySegment<byte> rest)
    {
        uint hash = HashOf(name);
        for (uint slot = hash; ; slot++)
        {
            Stored stored = _stored[slot & (uint)(_stored.Length - 1)];
            if (stored.Block == 0)
            {
                rest = default;
                return false;
            }

            if (stored.Hash == hash && Split(stored, out rest).SequenceEqual(name))
            {
                return true;
            }
        }
    }

    private ReadOnlySpan<byte> Split(in Stored stored, out ArraySegment<byte> rest)
    {
        ArraySegment<byte> block = _blocks[stored.Block - 1];
        SpanReader reader = new(block[stored.Offset..]);
        ReadOnlySpan<byte> name = reader.ReadBytes();
        rest = block[^reader.Rest.Length..];
        return name;
    }

    private void Place(in Stored stored)
    {
        if (stored.Block == 0)
        {
            return;
        }

        uint slot = stored.Hash;
        while (_stored[slot & (uint)(_stored.Length - 1)].Block > 0)
        {
            slot++;
        }

        _stored[slot & (uint)(_stored.Length - 1)] = stored;
    }

    // The block's number is from 1, so that the default is none.
    private readonly record struct Stored(uint Hash, int Block, int Offset);
}
