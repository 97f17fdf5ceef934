namespace DataIntensive.Testing;

// The configurations that a search has been in: which operations have taken effect, and the state they left. One is not worth
// visiting when another with the same strict operations and the same state has used no more of the optional ones: whatever follows
// from it follows from the other too.
//
// An entry is a run of words: the state and the first word of the strict operations that is not all ones; how many words follow, and
// the next entry of the bucket; those words; the words of the optional operations.
internal sealed class ConfigurationSet
{
    private const int HeaderWords = 2;
    private const uint End = 0;

    private readonly int _optionalWords;
    private readonly long _maxBytes;
    private ulong[] _words = new ulong[256];
    private uint[] _buckets = new uint[64];
    private uint _used = 1;
    private int _count;

    public ConfigurationSet(int optionalWords, long maxBytes)
    {
        _optionalWords = optionalWords;
        _maxBytes = maxBytes;
    }

    public int Count => _count;

    public long Bytes => ((long)_words.Length * sizeof(ulong)) + ((long)_buckets.Length * sizeof(uint));

    public bool IsFull { get; private set; }

    // False when the configuration brings nothing new, or when there is no room for it.
    public bool Add(int state, int firstWord, ReadOnlySpan<ulong> strict, ReadOnlySpan<ulong> optional)
    {
        ulong head = ((ulong)(uint)state << 32) | (uint)firstWord;
        uint bucket = Hash(head, strict) & (uint)(_buckets.Length - 1);
        for (uint entry = _buckets[bucket]; entry != End; entry = (uint)_words[entry + 1])
        {
            if (_words[entry] == head && Covers(entry, strict, optional))
            {
                return false;
            }
        }

        int length = HeaderWords + strict.Length + _optionalWords;
        if (!MakeRoom(length))
        {
            return false;
        }

        // The buckets may have become more.
        bucket = Hash(head, strict) & (uint)(_buckets.Length - 1);
        Span<ulong> words = _words.AsSpan((int)_used, length);
        words[0] = head;
        words[1] = ((ulong)(uint)strict.Length << 32) | _buckets[bucket];
        strict.CopyTo(words[HeaderWords..]);
        optional.CopyTo(words[(HeaderWords + strict.Length)..]);
        _buckets[bucket] = _used;
        _used += (uint)length;
        _count++;
        return true;
    }

    private static uint Hash(ulong head, ReadOnlySpan<ulong> strict)
    {
        ulong hash = head * 0x9E37_79B9_7F4A_7C15;
        foreach (ulong word in strict)
        {
            hash = (hash ^ (hash >> 29) ^ word) * 0xBF58_476D_1CE4_E5B9;
        }

        return (uint)((hash ^ (hash >> 32)) * 0x94D0_49BB >> 7);
    }

    private bool Covers(uint entry, ReadOnlySpan<ulong> strict, ReadOnlySpan<ulong> optional)
    {
        int length = (int)(_words[entry + 1] >> 32);
        ReadOnlySpan<ulong> words = _words.AsSpan((int)entry + HeaderWords, length + _optionalWords);
        if (!words[..length].SequenceEqual(strict))
        {
            return false;
        }

        for (int i = 0; i < optional.Length; i++)
        {
            if ((words[length + i] & ~optional[i]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private bool MakeRoom(int length)
    {
        // While it grows, the old and the new are there.
        long words = _words.Length;
        while (_used + length > words)
        {
            words *= 2;
        }

        bool moreBuckets = _count >= _buckets.Length;
        long growth = (words == _words.Length ? 0 : words * sizeof(ulong)) + (moreBuckets ? 2L * _buckets.Length * sizeof(uint) : 0);
        if (words > Array.MaxLength || (growth > 0 && Bytes + growth > _maxBytes))
        {
            IsFull = true;
            return false;
        }

        if (words != _words.Length)
        {
            Array.Resize(ref _words, (int)words);
        }

        if (moreBuckets)
        {
            Rehash();
        }

        return true;
    }

    private void Rehash()
    {
        _buckets = new uint[_buckets.Length * 2];
        for (uint entry = 1; entry < _used;)
        {
            int length = (int)(_words[entry + 1] >> 32);
            uint bucket = Hash(_words[entry], _words.AsSpan((int)entry + HeaderWords, length)) & (uint)(_buckets.Length - 1);
            _words[entry + 1] = ((ulong)(uint)length << 32) | _buckets[bucket];
            _buckets[bucket] = entry;
            entry += (uint)(HeaderWords + length + _optionalWords);
        }
    }
}
