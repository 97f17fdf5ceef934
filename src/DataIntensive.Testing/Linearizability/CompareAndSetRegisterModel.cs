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

    internal static void StepCompareAndSet(HistoryValue state, HistoryOperation operation, ICollection<HistoryValue> next)
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
