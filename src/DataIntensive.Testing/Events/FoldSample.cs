namespace DataIntensive.Testing;

/// <summary>A history whose folded state must stay the same as long as the version of its fold does.</summary>
/// <typeparam name="TEvent">The common type of the events.</typeparam>
/// <param name="Name">What it is called in a failure.</param>
/// <param name="Hash">
/// What <see cref="FoldSamples"/> said the state's hash is when the sample was written; empty to be told it.
/// </param>
/// <param name="Events">The events, in order.</param>
public sealed record FoldSample<TEvent>(string Name, string Hash, IReadOnlyList<TEvent> Events);
