namespace DataIntensive.Testing;

/// <summary>
/// What one thing does when it is used by one caller after another: the yardstick of <see cref="LinearizabilityChecker"/>. For one of
/// your own derive from <see cref="SequentialModel{TState}"/>.
/// </summary>
public abstract class SequentialModel
{
    private protected SequentialModel()
    {
    }

    /// <summary>
    /// Tells which operations may be checked by themselves: those with equal answers are one part. What stands in different parts must
    /// not influence each other. By default the parts are the keys.
    /// </summary>
    public virtual HistoryValue PartOf(HistoryOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Key;
    }

    internal abstract StateTable NewTable();
}
