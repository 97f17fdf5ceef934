namespace DataIntensive.Testing;

// One operation of an order that was found, and the state that it left.
internal readonly record struct SearchStep(HistoryOperation Operation, int Before, int After);
