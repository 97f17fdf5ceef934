namespace DataIntensive.Testing;

/// <summary>What one client did, one operation after the other. Immutable.</summary>
public sealed class CausalSession
{
    private readonly CausalOperation[] _operations;

    /// <summary>Makes one.</summary>
    /// <param name="name">What it is called in reports.</param>
    /// <param name="operations">Its operations in their order. They are copied.</param>
    /// <exception cref="ArgumentException">The name is empty, or has white space, a colon or a bar in it.</exception>
    public CausalSession(string name, params IEnumerable<CausalOperation> operations)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(operations);
        if (name.Any(letter => char.IsWhiteSpace(letter) || letter is ':' or '|' or '∥' or '#'))
        {
            throw new ArgumentException($"'{name}' is no name of a session.", nameof(name));
        }

        Name = name;
        _operations = [.. operations];
    }

    /// <summary>What it is called in reports.</summary>
    public string Name { get; }

    /// <summary>Its operations in their order.</summary>
    public IReadOnlyList<CausalOperation> Operations => _operations;

    internal CausalOperation[] Steps => _operations;

    /// <summary>Writes it as <see cref="CausalHistory.Parse"/> reads it.</summary>
    public override string ToString() => $"{Name}: {string.Concat(_operations.Select(operation => operation.ToString()))}";
}
