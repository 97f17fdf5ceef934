using System.Buffers;
using DataIntensive.Internal;

namespace DataIntensive.Streams;

internal sealed class TumblingOperator<TAggregator, TKey, T, TAccumulator, TValue>(
    TumblingWindows windows,
    TAggregator aggregator,
    Func<T, TKey?> keyOf,
    IWindowOutput<TKey, T, TValue> output,
    int maxOpen)
    : WindowOperator<TKey, T, TValue>(keyOf, output, maxOpen)
    where TKey : notnull
    where TAggregator : struct, IAggregator<T, TAccumulator, TValue>
{
    private const int MostSpare = 2;

    private readonly ulong _size = (ulong)windows.Size.Ticks;
    private readonly List<OpenWindow<TKey, TAccumulator>> _open = [];
    private readonly Stack<OpenWindow<TKey, TAccumulator>> _spare = [];
    private OpenWindow<TKey, TAccumulator>? _current;
    private int _openKeys;

    protected override bool TryAdd(TKey key, T item, long timestamp)
    {
        OpenWindow<TKey, TAccumulator>? window = _current;

        // Unsigned, so that one comparison covers both sides.
        if (window is null || (ulong)(timestamp - window.Start) >= _size)
        {
            window = WindowAt(timestamp);
            if (window is null)
            {
                return false;
            }

            _current = window;
        }

        ref TAccumulator accumulator = ref window.AccumulatorOf(key, out bool isNew);
        if (isNew)
        {
            ThrowIfFull(_openKeys++);
            accumulator = aggregator.Create();
        }

        aggregator.Add(ref accumulator, item);
        return true;
    }

    protected override void Close()
    {
        // They are of one size, so the order of starts is the order of ends.
        int closed = 0;
        for (; closed < _open.Count && _open[closed].End <= Watermark; closed++)
        {
            OpenWindow<TKey, TAccumulator> window = _open[closed];
            foreach (ref readonly OpenWindow<TKey, TAccumulator>.Entry entry in window.Entries)
            {
                Emit(entry.Key, window.Start, window.End, aggregator.Result(in entry.Accumulator));
            }

            _openKeys -= window.Count;
            window.Clear();
            if (_spare.Count < MostSpare)
            {
                _spare.Push(window);
            }
        }

        _open.RemoveRange(0, closed);
        _current = null;
        NextClose = _open.Count == 0 ? StreamTime.AfterAll : _open[0].End;
    }

    protected override void SaveWindows(IBufferWriter<byte> destination, ICodec<TKey> keys)
    {
        ICodec<TAccumulator> accumulators = aggregator.Codec!;
        ArrayBufferWriter<byte> scratch = new();
        destination.WriteVarint((ulong)_open.Count);
        foreach (OpenWindow<TKey, TAccumulator> window in _open)
        {
            destination.WriteInt64(window.Start);
            destination.WriteVarint((ulong)window.Count);
            foreach (ref readonly OpenWindow<TKey, TAccumulator>.Entry entry in window.Entries)
            {
                destination.WriteWith(keys, entry.Key, scratch);
                destination.WriteWith(accumulators, entry.Accumulator, scratch);
            }
        }
    }

    protected override void LoadWindows(ref SpanReader source, ICodec<TKey> keys)
    {
        ICodec<TAccumulator> accumulators = aggregator.Codec!;
        for (ulong windowsLeft = source.ReadVarint(); windowsLeft > 0; windowsLeft--)
        {
            OpenWindow<TKey, TAccumulator> window = OpenAt(_open.Count, source.ReadInt64());
            for (ulong keysLeft = source.ReadVarint(); keysLeft > 0; keysLeft--)
            {
                ref TAccumulator accumulator = ref window.AccumulatorOf(source.ReadWith(keys), out _);
                accumulator = source.ReadWith(accumulators);
                _openKeys++;
            }
        }
    }

    // The open window of a time, opened if need be; null when it has closed.
    private OpenWindow<TKey, TAccumulator>? WindowAt(long timestamp)
    {
        long start = windows.StartOf(timestamp);
        if (windows.EndOf(start) <= Watermark)
        {
            return null;
        }

        int low = 0;
        int high = _open.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_open[middle].Start < start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _open.Count && _open[low].Start == start ? _open[low] : OpenAt(low, start);
    }

    private OpenWindow<TKey, TAccumulator> OpenAt(int place, long start)
    {
        OpenWindow<TKey, TAccumulator> window = _spare.TryPop(out OpenWindow<TKey, TAccumulator>? spare) ? spare : new OpenWindow<TKey, TAccumulator>();
        window.Open(start, windows.EndOf(start));
        _open.Insert(place, window);
        NextClose = _open[0].End;
        return window;
    }
}
