namespace DataIntensive;

/// <summary>One write on its way from replica to replica. Compared by content.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: replicas of one process share them.</typeparam>
public sealed record CausalUpdate<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Makes an update: for what carries updates between processes.</summary>
    /// <param name="dot">The identity of the write.</param>
    /// <param name="dependencies">What must be there before it; the writes of the key among these are replaced by it.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; <c>default</c> for a delete.</param>
    /// <param name="isDelete">Whether it deletes the key.</param>
    /// <exception cref="ArgumentException">The dot is the default, or the write depends on itself or a later one of its replica.</exception>
    public CausalUpdate(Dot dot, VectorClock dependencies, TKey key, TValue? value, bool isDelete)
    {
        dot.Replica.ThrowIfDefault(nameof(dot));
        ArgumentNullException.ThrowIfNull(key);
        if (dependencies.Contains(dot))
        {
            throw new ArgumentException($"The write {dot} cannot depend on itself or on a later one: {dependencies}.", nameof(dependencies));
        }

        Dot = dot;
        Dependencies = dependencies;
        Key = key;
        Value = value;
        IsDelete = isDelete;
    }

    /// <summary>The identity of the write.</summary>
    public Dot Dot { get; }

    /// <summary>What must be there before it, besides all earlier writes of its replica. The key's writes among these are replaced by it.</summary>
    public VectorClock Dependencies { get; }

    /// <summary>The key.</summary>
    public TKey Key { get; }

    /// <summary>The value; <c>default</c> for a delete.</summary>
    public TValue? Value { get; }

    /// <summary>Whether it deletes the key.</summary>
    public bool IsDelete { get; }
}
