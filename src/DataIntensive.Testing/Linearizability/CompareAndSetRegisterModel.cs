namespace DataIntensive.Testing;

/// <summary>
/// A register with <c>read</c>, <c>write</c> and <c>cas</c>, which sets it if it has the expected value. With keys in the history, each
/// key is a register of its own.
/// </summary>
/// <param name="initial">What a read returns before the first write. Default <see cref="HistoryValue.Nil"/>.</param>
public sealed class CompareAndSetRegisterModel(HistoryValue initial = default) : SequentialModel<HistoryValue>
{
    /// <summary>Compares and sets: a list of the expected and the new value as argument, true as result when it was set, false when not.</summary>
    public const string CompareAndSet = "cas";

    /// <inheritdoc />
    protected internal override HistoryValue InitialState => initial;

    /// <inheritdoc />
    protected internal override void Step(HistoryValue state, HistoryOperation operation, ICollection<HistoryValue> next)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(next);
        if (operation.Function == CompareAndSet)
        {
            StepCompareAndSet(state, operation, next);
        }
        else if (!RegisterModel.TryStep(state, operation, next))
        {
            throw UnknownFunction.In(operation, "a compare-and-set register", RegisterModel.Read, RegisterModel.Write, CompareAndSet);
        }
    }

    /// <inheritdoc />
    protected internal override bool OnlyLooks(HistoryOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Function == RegisterModel.Read || (operation.Function == CompareAndSet && operation.Result == false);
    }

    internal override bool IsDemanding(HistoryOperation operation) => operation.Function == RegisterModel.Read || (operation.Function == CompareAndSet && operation.Result == true);

    internal override bool MayLeadTo(HistoryValue state, HistoryOperation demanding) => state == Demanded(demanding);

    internal override bool MayOverwriteFor(HistoryOperation writer, HistoryOperation demanding) => writer.Function switch
    {
        RegisterModel.Write => writer.Argument == Demanded(demanding),
        CompareAndSet => writer.Result != false && writer.Argument.Items is [_, HistoryValue set] && set == Demanded(demanding),
        _ => false,
    };

    private static HistoryValue Demanded(HistoryOperation demanding) => demanding.Function == CompareAndSet && demanding.Argument.Items is [HistoryValue expected, _] ? expected : demanding.Result;

    private static void StepCompareAndSet(HistoryValue state, HistoryOperation operation, ICollection<HistoryValue> next)
    {
        if (operation.Argument.Items.Length != 2)
        {
            throw UnknownFunction.Argument(operation, "a list of the expected and the new value");
        }

        bool sets = operation.Argument.Items[0] == state;
        if (operation.Outcome == HistoryOutcome.Unknown || operation.Result == sets)
        {
            next.Add(sets ? operation.Argument.Items[1] : state);
        }
    }
}
