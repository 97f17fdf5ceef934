namespace DataIntensive;

/// <summary>What a compare-and-set did.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="Succeeded">Whether the value was set.</param>
/// <param name="Current">What is there now: the new value, or the one that stood against it.</param>
public readonly record struct CompareAndSetResult<TValue>(bool Succeeded, StoreEntry<TValue> Current)
{
    /// <summary>Returns the entry that was set.</summary>
    /// <exception cref="StoreConflictException">It was not set.</exception>
    public StoreEntry<TValue> OrThrow() => Succeeded ? Current : throw new StoreConflictException(Current.Revision);
}
