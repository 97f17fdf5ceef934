using System.Globalization;
using System.Text;

namespace DataIntensive.Testing;

/// <summary>
/// Operations that no order can explain, and how far one gets.
/// </summary>
public sealed class LinearizabilityViolation
{
    private const int ShownOrder = 12;

    internal LinearizabilityViolation(
        HistoryValue part, IReadOnlyList<HistoryOperation> operations, HistoryOperation blocked, IReadOnlyList<OrderedOperation> order, IReadOnlyList<string> statesBefore, bool isMinimal)
    {
        Part = part;
        Operations = operations;
        Blocked = blocked;
        LongestOrder = order;
        StatesBefore = statesBefore;
        IsMinimal = isMinimal;
    }

    /// <summary>The part of the history that it is in: by default the key.</summary>
    public HistoryValue Part { get; }

    /// <summary>
    /// The offending operations in the order of their calls: they have no order even when every other operation may have had any result,
    /// or no effect, in its own time.
    /// </summary>
    public IReadOnlyList<HistoryOperation> Operations { get; }

    /// <summary>
    /// The operation before whose return every order ends: what had returned before it is linearizable, and no longer so with it.
    /// </summary>
    public HistoryOperation Blocked { get; }

    /// <summary>An order of all that had returned before <see cref="Blocked"/> did; operations still open may be among it.</summary>
    public IReadOnlyList<OrderedOperation> LongestOrder { get; }

    /// <summary>The states, up to 16, in which such orders end. In none of them can <see cref="Blocked"/> have its result.</summary>
    public IReadOnlyList<string> StatesBefore { get; }

    /// <summary>
    /// Whether each of <see cref="Operations"/> is needed: without any one, the rest has an order. False when the time for making it small
    /// ran out.
    /// </summary>
    public bool IsMinimal { get; }

    /// <summary>Returns the piece as text, a line per operation.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        string part = Part.IsNil ? "" : $" on {Part}";
        text.Append(CultureInfo.InvariantCulture, $"These {Operations.Count} operations{part} have no order{(IsMinimal ? "" : " (there may be fewer)")}:\n");
        foreach (HistoryOperation operation in Operations)
        {
            string returned = operation.Outcome == HistoryOutcome.Returned ? operation.ReturnedAt.ToString(CultureInfo.InvariantCulture) : "?";
            text.Append(CultureInfo.InvariantCulture, $"  [{operation.CalledAt}, {returned}] {operation}{(operation == Blocked ? "   <- no order gets past it" : "")}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{LongestOrder.Count} operations before it have one, which ends:\n");
        foreach (OrderedOperation step in LongestOrder.Skip(LongestOrder.Count - ShownOrder))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {step.Operation}, then {step.StateAfter}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"Possible states there: {string.Join(", ", StatesBefore)}").ToString();
    }
}
