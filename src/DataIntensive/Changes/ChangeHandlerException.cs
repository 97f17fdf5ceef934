namespace DataIntensive;

/// <summary>
/// A consumer stopped at a change that its handler failed on. Its checkpoint stands before the change's transaction: run it again when
/// the cause, the inner exception, is mended, and the whole transaction is delivered again.
/// </summary>
public sealed class ChangeHandlerException : DataIntensiveException
{
    internal ChangeHandlerException(string consumer, ChangeEvent change, Exception? innerException)
        : base(
            innerException is null
                ? $"The consumer '{consumer}' stopped at position {change.Position}: it has no handler for table '{change.Table}'."
                : $"The consumer '{consumer}' stopped at position {change.Position}: its handler for table '{change.Table}' failed. {innerException.Message}",
            innerException)
    {
        Consumer = consumer;
        Table = change.Table;
        Position = change.Position;
    }

    /// <summary>The name of the consumer.</summary>
    public string Consumer { get; }

    /// <summary>The table of the change.</summary>
    public string Table { get; }

    /// <summary>The identity of the change.</summary>
    public ChangePosition Position { get; }
}
