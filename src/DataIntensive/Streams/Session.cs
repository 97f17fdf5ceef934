namespace DataIntensive.Streams;

// One open session of a key; those of one key are a list by start and do not overlap.
internal sealed class Session<TKey, TAccumulator>(TKey key, long start, long end, long sequence)
{
    // A field, so that the aggregator can change it in place.
    public TAccumulator Accumulator = default!;

    public TKey Key => key;

    public long Start { get; set; } = start;

    public long End { get; set; } = end;

    // Who came first: the order of sessions with the same start and end.
    public long Sequence { get; set; } = sequence;

    // False when it was joined to an earlier one or has closed.
    public bool IsOpen { get; set; } = true;

    public Session<TKey, TAccumulator>? Next { get; set; }
}
