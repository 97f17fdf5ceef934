namespace DataIntensive;

/// <summary>What a store holds under a key at one moment. The default stands for an absent key.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="Value">The value; <c>default</c> when the key is absent.</param>
/// <param name="Revision">What wrote it; <see cref="Revision.None"/> when the key is absent.</param>
/// <param name="Version">How often the key was written since it was created: 1 for the first time, 0 when it is absent.</param>
public readonly record struct StoreEntry<TValue>(TValue? Value, Revision Revision, long Version)
{
    private readonly long _deadlineTicks;

    /// <summary>When the key ends by itself (<see cref="IExpiringStore{TKey,TValue}"/>); null: never. It is there until that is committed.</summary>
    public DateTimeOffset? Deadline => _deadlineTicks == 0 ? null : new DateTimeOffset(_deadlineTicks, TimeSpan.Zero);

    internal long DeadlineTicks
    {
        init => _deadlineTicks = value;
    }

    /// <summary>Whether the key is there.</summary>
    public bool Exists => Revision != Revision.None;
}
