namespace DataIntensive;

/// <summary>What a causal store holds under a key at one moment, and what the replica had seen at that moment.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
public sealed class CausalRead<TValue>
{
    /// <summary>Makes the answer to a read; for implementations of <see cref="ICausalStore{TKey, TValue}"/>.</summary>
    /// <exception cref="ArgumentException">There are not as many dots as values.</exception>
    public CausalRead(IReadOnlyList<TValue> values, IReadOnlyList<Dot> dots, VectorClock clock)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(dots);
        if (values.Count != dots.Count)
        {
            throw new ArgumentException($"{values.Count} values were written by as many writes, and {dots.Count} are named.", nameof(dots));
        }

        Values = values;
        Dots = dots;
        Clock = clock;
    }

    /// <summary>
    /// The values that no write has replaced: none when the key is absent, several when writes were concurrent. Ordered by
    /// <see cref="Dots"/>, so that replicas which have seen the same give equal answers.
    /// </summary>
    public IReadOnlyList<TValue> Values { get; }

    /// <summary>The writes of the values, in the same order.</summary>
    public IReadOnlyList<Dot> Dots { get; }

    /// <summary>
    /// What the replica had seen. As the dependencies of a write to the same key it replaces exactly what was read, the absence too,
    /// and as <c>atLeast</c> of a later read it lets no replica answer from an older state.
    /// </summary>
    public VectorClock Clock { get; }

    /// <summary>Whether the key is there.</summary>
    public bool Exists => Values.Count > 0;

    /// <summary>
    /// The smallest clock that covers the values that were read. As the dependencies of a write to the same key it also replaces exactly
    /// these, and makes other replicas wait for less than <see cref="Clock"/> does. Empty when the key is absent.
    /// </summary>
    public VectorClock Context
    {
        get
        {
            VectorClock context = default;
            foreach (Dot dot in Dots)
            {
                context = context.With(dot);
            }

            return context;
        }
    }
}
