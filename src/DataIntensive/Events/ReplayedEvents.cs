namespace DataIntensive;

/// <summary>What became of parked events that were to be replayed.</summary>
/// <param name="Handled">How many were handled: their dead letters are gone.</param>
/// <param name="Left">How many are still parked: the handler failed again, or on an earlier one of the same key.</param>
/// <param name="Gone">How many are no longer there for the subscription's query, as <see cref="ParkedEvent.Events"/> says; their dead letters are gone too.</param>
public readonly record struct ReplayedEvents(int Handled, int Left, int Gone);
