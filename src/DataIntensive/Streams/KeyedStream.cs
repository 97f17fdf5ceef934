namespace DataIntensive.Streams;

/// <summary>A stream grouped by a key, to be cut into windows.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="T">The type of the items.</typeparam>
public sealed class KeyedStream<TKey, T>
    where TKey : notnull
{
    internal KeyedStream(StreamPlan<TimedStage<T>> plan, Func<T, TKey?> key, ICodec<TKey>? codec)
    {
        Plan = plan;
        Key = key;
        Codec = codec;
    }

    internal StreamPlan<TimedStage<T>> Plan { get; }

    internal Func<T, TKey?> Key { get; }

    internal ICodec<TKey>? Codec { get; }

    /// <summary>Cuts the stream of each key into windows.</summary>
    /// <param name="windows">Which: see <see cref="Windows"/>.</param>
    public WindowedStream<TKey, T> Window(WindowDefinition windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new WindowedStream<TKey, T>(this, windows, late: null);
    }
}
