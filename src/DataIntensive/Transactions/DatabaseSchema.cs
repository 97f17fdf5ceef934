using DataIntensive.Transactions;

namespace DataIntensive;

/// <summary>
/// What a database holds: its stores, event store, keys and consumers, declared before it is opened. Each pattern adds its own
/// <c>Add…</c> method. One schema may open several databases.
/// </summary>
public sealed class DatabaseSchema
{
    private readonly Dictionary<(string Kind, string Name), Func<Database, DerivedState>> _declared = [];

    internal IEnumerable<Func<Database, DerivedState>> Declared => _declared.Values;

    internal DatabaseSchema Add(string kind, string name, Func<Database, DerivedState> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!_declared.TryAdd((kind, name), create))
        {
            throw new ArgumentException($"The {kind} '{name}' is declared twice.", nameof(name));
        }

        return this;
    }

    internal bool Has(string kind, string name) => _declared.ContainsKey((kind, name));
}
