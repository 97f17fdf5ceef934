namespace DataIntensive.Streams;

// What an item goes through before it has a time. Each stage calls the next: nothing waits, nothing is queued.
internal abstract class Stage<T>
{
    public abstract void Push(T item);
}

internal sealed class WhereStage<T>(Func<T, bool> predicate, Stage<T> next) : Stage<T>
{
    public override void Push(T item)
    {
        if (predicate(item))
        {
            next.Push(item);
        }
    }
}

internal sealed class SelectStage<T, TOut>(Func<T, TOut> selector, Stage<TOut> next) : Stage<T>
{
    public override void Push(T item) => next.Push(selector(item));
}

internal sealed class ProcessStage<T, TState>(TState initial, Func<T, TState, TState> handler) : Stage<T>
{
    private bool _changed;

    public TState State { get; private set; } = initial;

    public override void Push(T item)
    {
        State = handler(item, State);
        _changed = true;
    }

    // Whether an item has come through since the last call.
    public bool TakeChanged()
    {
        bool changed = _changed;
        _changed = false;
        return changed;
    }
}

// Gives an item its time. The item is judged by the watermark that those before it left, and moves it afterwards.
internal sealed class TimestampStage<T>(Func<T, DateTimeOffset> timestamp, TimeSpan bound, TimedStage<T> next) : Stage<T>
{
    private readonly long _bound = bound.Ticks;
    private long _watermark = StreamTime.BeforeAll;

    public override void Push(T item)
    {
        long ticks = timestamp(item).UtcTicks;
        next.Push(item, ticks);
        long watermark = ticks - _bound;
        if (watermark > _watermark)
        {
            _watermark = watermark;
            next.Advance(watermark);
        }
    }
}
