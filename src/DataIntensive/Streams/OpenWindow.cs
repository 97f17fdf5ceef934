using System.Runtime.InteropServices;

namespace DataIntensive.Streams;

// One tumbling window with the accumulators of its keys, in the order in which the keys came.
internal sealed class OpenWindow<TKey, TAccumulator>
    where TKey : notnull
{
    private readonly Dictionary<TKey, int> _places = [];
    private Entry[] _entries = new Entry[4];

    public long Start { get; private set; }

    public long End { get; private set; }

    public int Count => _places.Count;

    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, Count);

    public void Open(long start, long end)
    {
        Start = start;
        End = end;
    }

    // Holds until the next call.
    public ref TAccumulator AccumulatorOf(TKey key, out bool isNew)
    {
        ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, key, out bool exists);
        isNew = !exists;
        if (isNew)
        {
            place = Count - 1;
            if (place == _entries.Length)
            {
                Array.Resize(ref _entries, 2 * place);
            }

            _entries[place].Key = key;
        }

        return ref _entries[place].Accumulator;
    }

    public void Clear()
    {
        Array.Clear(_entries, 0, Count);
        _places.Clear();
    }

    internal struct Entry
    {
        public TKey Key;
        public TAccumulator Accumulator;
    }
}
