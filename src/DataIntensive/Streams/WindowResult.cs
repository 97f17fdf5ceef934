namespace DataIntensive;

/// <summary>What the events of one key in one window came to. Given once, when the window closes.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="Key">The key.</param>
/// <param name="Window">The window.</param>
/// <param name="Value">What the aggregator made of its events.</param>
public readonly record struct WindowResult<TKey, TValue>(TKey Key, TimeWindow Window, TValue Value);
