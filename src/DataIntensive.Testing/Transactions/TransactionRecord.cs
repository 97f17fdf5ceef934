using System.Text;

namespace DataIntensive.Testing;

/// <summary>One transaction as its client saw it. Immutable.</summary>
public sealed class TransactionRecord
{
    private readonly MicroOperation[] _operations;

    /// <summary>Makes one.</summary>
    /// <param name="operations">Its steps in their order. They are copied.</param>
    public TransactionRecord(params IEnumerable<MicroOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        _operations = [.. operations];
    }

    /// <summary>What it is called in a report; null for T and its place in the history, from 1.</summary>
    /// <exception cref="ArgumentException">It is empty, or has white space, a colon, a semicolon, a middle dot or a number sign in it.</exception>
    public string? Name
    {
        get;
        init
        {
            if (value is not null && (value.Length == 0 || value.Any(letter => char.IsWhiteSpace(letter) || letter is ':' or ';' or '·' or '#')))
            {
                throw new ArgumentException($"'{value}' is no name of a transaction.", nameof(value));
            }

            field = value;
        }
    }

    /// <summary>Who called it: a process, a session, a task, one call at a time. Null: one of its own.</summary>
    public int? Process { get; init; }

    /// <summary>How it ended. Default <see cref="TransactionOutcome.Committed"/>.</summary>
    public TransactionOutcome Outcome { get; init; } = TransactionOutcome.Committed;

    /// <summary>When it was called, in any unit and from any start that the whole history shares; null in a history without times.</summary>
    public long? CalledAt { get; init; }

    /// <summary>When it returned; null when nobody saw it return, and in a history without times.</summary>
    public long? ReturnedAt { get; init; }

    /// <summary>Its steps in their order.</summary>
    public IReadOnlyList<MicroOperation> Operations => _operations;

    internal MicroOperation[] Steps => _operations;

    /// <summary>Its steps as <see cref="TransactionHistory.Parse"/> reads them.</summary>
    public override string ToString() => new StringBuilder().AppendJoin(' ', _operations.Select(operation => operation.ToString())).ToString();
}
