namespace DataIntensive.Streams;

// What an item with a time goes through. The watermark passes every stage, also where items do not.
internal abstract class TimedStage<T>
{
    public abstract void Push(T item, long timestamp);

    public abstract void Advance(long watermark);
}

internal sealed class TimedWhereStage<T>(Func<T, bool> predicate, TimedStage<T> next) : TimedStage<T>
{
    public override void Push(T item, long timestamp)
    {
        if (predicate(item))
        {
            next.Push(item, timestamp);
        }
    }

    public override void Advance(long watermark) => next.Advance(watermark);
}

internal sealed class TimedSelectStage<T, TOut>(Func<T, TOut> selector, TimedStage<TOut> next) : TimedStage<T>
{
    public override void Push(T item, long timestamp) => next.Push(selector(item), timestamp);

    public override void Advance(long watermark) => next.Advance(watermark);
}
