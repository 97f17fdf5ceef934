namespace DataIntensive.Streams;

/// <summary>
/// Makes one value of the events of a window. Implement it as a readonly struct: the window operator is compiled for
/// it, without a call in between.
/// </summary>
/// <typeparam name="TIn">The type of the events.</typeparam>
/// <typeparam name="TAccumulator">What is kept per key and open window.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
/// <remarks>Its result must not depend on the order of the events: they arrive out of order, and sessions are merged.</remarks>
public interface IAggregator<in TIn, TAccumulator, out TOut>
{
    /// <summary>
    /// How accumulators are stored. Null, unless implemented: the stream runs in memory only. Its name is part of the pipeline's shape.
    /// </summary>
    ICodec<TAccumulator>? Codec => null;

    /// <summary>Makes the accumulator of a window without events.</summary>
    TAccumulator Create();

    /// <summary>Adds an event.</summary>
    void Add(ref TAccumulator accumulator, TIn item);

    /// <summary>Adds what another accumulator holds, when two sessions become one.</summary>
    void Merge(ref TAccumulator into, in TAccumulator from);

    /// <summary>Gives the result of a window that has closed.</summary>
    TOut Result(in TAccumulator accumulator);
}
