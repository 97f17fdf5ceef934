namespace DataIntensive;

/// <summary>One change of a key, as a watch gives it.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="Key">The key.</param>
/// <param name="Value">The value that was written; <c>default</c> when the key was deleted.</param>
/// <param name="IsDelete">Whether the key was deleted.</param>
/// <param name="Revision">What changed it. Watching on after it continues without a gap.</param>
public readonly record struct StoreChange<TKey, TValue>(TKey Key, TValue? Value, bool IsDelete, Revision Revision);
