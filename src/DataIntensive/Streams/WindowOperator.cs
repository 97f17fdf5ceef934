using System.Buffers;
using DataIntensive.Internal;

namespace DataIntensive.Streams;

// The end of a pipeline: keeps the open windows and closes them as the watermark passes. Saved state: the watermark, how many
// events were late, then what the kind of window needs, in an order that does not depend on hashes.
internal abstract class WindowOperator<TKey, T, TValue>(Func<T, TKey?> keyOf, IWindowOutput<TKey, T, TValue> output, int maxOpen) : TimedStage<T>
    where TKey : notnull
{
    // Exclusive: everything below it is over.
    public long Watermark { get; private set; } = StreamTime.BeforeAll;

    public long LateCount { get; private set; }

    // No window closes before the watermark comes here.
    protected long NextClose { get; set; } = StreamTime.AfterAll;

    public sealed override void Push(T item, long timestamp)
    {
        TKey? key = keyOf(item);
        if (key is null)
        {
            Late(item, timestamp, LateReason.NoKey);
        }
        else if (!TryAdd(key, item, timestamp))
        {
            Late(item, timestamp, LateReason.Late);
        }
    }

    public sealed override void Advance(long watermark)
    {
        if (watermark <= Watermark)
        {
            return;
        }

        Watermark = watermark;
        if (watermark >= NextClose)
        {
            Close();
        }
    }

    // The input is complete: no time is left that an event could come from.
    public void Complete() => Advance(StreamTime.AfterAll);

    public void Save(IBufferWriter<byte> destination, ICodec<TKey> keys)
    {
        destination.WriteInt64(Watermark);
        destination.WriteVarint((ulong)LateCount);
        SaveWindows(destination, keys);
    }

    public void Load(ref SpanReader source, ICodec<TKey> keys)
    {
        Watermark = source.ReadInt64();
        LateCount = (long)source.ReadVarint();
        LoadWindows(ref source, keys);
    }

    // False when the event's window has closed.
    protected abstract bool TryAdd(TKey key, T item, long timestamp);

    // Closes every window whose end is not above the watermark: by end, then start, then who came first.
    protected abstract void Close();

    protected abstract void SaveWindows(IBufferWriter<byte> destination, ICodec<TKey> keys);

    protected abstract void LoadWindows(ref SpanReader source, ICodec<TKey> keys);

    protected void Emit(TKey key, long start, long end, TValue value) =>
        output.Emit(new WindowResult<TKey, TValue>(key, new TimeWindow(start, end), value));

    protected void ThrowIfFull(int open)
    {
        if (open >= maxOpen)
        {
            throw new StreamStateFullException(maxOpen);
        }
    }

    private void Late(T item, long timestamp, LateReason reason)
    {
        LateCount++;
        output.Late(new LateEvent<T>(item, StreamTime.Show(timestamp), StreamTime.Show(Watermark), reason));
    }
}
