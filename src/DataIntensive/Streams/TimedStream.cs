namespace DataIntensive.Streams;

/// <summary>A stream whose items have a time. Items that are left out from here on still move the watermark.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public sealed class TimedStream<T>
{
    private readonly StreamPlan<TimedStage<T>> _plan;

    internal TimedStream(StreamPlan<TimedStage<T>> plan) => _plan = plan;

    /// <summary>Keeps the items that a predicate holds for. Those left out still move the watermark.</summary>
    /// <param name="predicate">The predicate.</param>
    public TimedStream<T> Where(Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return new TimedStream<T>(_plan.Then<TimedStage<T>>("where", next => new TimedWhereStage<T>(predicate, next)));
    }

    /// <summary>Makes something else of each item; its time stays.</summary>
    /// <typeparam name="TOut">The type of what is made.</typeparam>
    /// <param name="selector">What makes it.</param>
    public TimedStream<TOut> Select<TOut>(Func<T, TOut> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return new TimedStream<TOut>(_plan.Then<TimedStage<TOut>>("select", next => new TimedSelectStage<T, TOut>(selector, next)));
    }

    /// <summary>Groups the items by a key.</summary>
    /// <typeparam name="TKey">The type of the keys. Equality and hash are those of the type.</typeparam>
    /// <param name="key">The key of an item. One whose key is null goes to the late output as <see cref="LateReason.NoKey"/>.</param>
    /// <param name="codec">How keys are stored by a run in a database; null for a type of <see cref="Codecs"/>.</param>
    public KeyedStream<TKey, T> KeyBy<TKey>(Func<T, TKey?> key, ICodec<TKey>? codec = null)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        return new KeyedStream<TKey, T>(_plan, key, codec);
    }
}
