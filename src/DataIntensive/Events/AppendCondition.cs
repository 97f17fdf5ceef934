namespace DataIntensive.Events;

// No event that the query means may be behind a position.
internal readonly record struct AppendCondition(EventQuery Query, EventPosition After);
