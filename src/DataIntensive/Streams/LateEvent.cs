namespace DataIntensive;

/// <summary>An event that no window took.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <param name="Item">The event.</param>
/// <param name="Timestamp">Its event time, in UTC.</param>
/// <param name="Watermark">The watermark that it was judged by; <see cref="DateTimeOffset.MinValue"/> when there was none yet.</param>
/// <param name="Reason">Why no window took it.</param>
public readonly record struct LateEvent<T>(T Item, DateTimeOffset Timestamp, DateTimeOffset Watermark, LateReason Reason);
