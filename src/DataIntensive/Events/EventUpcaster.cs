namespace DataIntensive.Events;

// Turns what was stored as one version into events of later ones. Into: the names that these may have.
internal sealed record EventUpcaster(Type From, Func<object, IEnumerable<object>> Convert, IReadOnlyList<Type> Into);
