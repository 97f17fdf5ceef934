namespace DataIntensive.Testing;

/// <summary>
/// A register: <c>read</c> returns the last value of a <c>write</c>. With keys in the history, each key is a register of its own.
/// </summary>
/// <param name="initial">What a read returns before the first write. Default <see cref="HistoryValue.Nil"/>.</param>
public sealed class RegisterModel(HistoryValue initial = default) : SequentialModel<HistoryValue>
{
    /// <summary>Reads: no argument, the value as result.</summary>
    public const string Read = "read";

    /// <summary>Writes: the value as argument, a result of no matter.</summary>
    public const string Write = "write";

    /// <inheritdoc />
    protected internal override HistoryValue InitialState => initial;

    /// <inheritdoc />
    protected internal override void Step(HistoryValue state, HistoryOperation operation, ICollection<HistoryValue> next)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(next);
        if (!TryStep(state, operation, next))
        {
            throw UnknownFunction.In(operation, "a register", Read, Write);
        }
    }

    /// <inheritdoc />
    protected internal override bool OnlyLooks(HistoryOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Function == Read;
    }

    internal override bool IsDemanding(HistoryOperation operation) => operation.Function == Read;

    internal override bool MayLeadTo(HistoryValue state, HistoryOperation demanding) => state == demanding.Result;

    internal override bool MayOverwriteFor(HistoryOperation writer, HistoryOperation demanding) => writer.Function == Write && writer.Argument == demanding.Result;

    internal static bool TryStep(HistoryValue state, HistoryOperation operation, ICollection<HistoryValue> next)
    {
        switch (operation.Function)
        {
            case Read:
                if (operation.Outcome == HistoryOutcome.Unknown || operation.Result == state)
                {
                    next.Add(state);
                }

                return true;
            case Write:
                next.Add(operation.Argument);
                return true;
            default:
                return false;
        }
    }
}
