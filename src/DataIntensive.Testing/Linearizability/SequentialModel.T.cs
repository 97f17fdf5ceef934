namespace DataIntensive.Testing;

/// <summary>A model of your own: an initial state, and what each operation makes of a state.</summary>
/// <typeparam name="TState">The state; never changed once made. It compares by value, or by <see cref="StateComparer"/>.</typeparam>
/// <example>
/// <code>
/// sealed class CounterModel : SequentialModel&lt;long&gt;
/// {
///     protected override long InitialState => 0;
///
///     protected override void Step(long state, HistoryOperation operation, ICollection&lt;long&gt; next)
///     {
///         long after = operation.Function == "increment" ? state + 1 : state;
///         if (operation.Outcome == HistoryOutcome.Unknown || operation.Result == after)
///         {
///             next.Add(after);
///         }
///     }
/// }
/// </code>
/// </example>
#pragma warning disable RS0022 // The base is closed so that every model goes through this one; it has no protected members to expose.
public abstract class SequentialModel<TState> : SequentialModel
    where TState : notnull
{
#pragma warning restore RS0022
    /// <summary>The state before the first operation.</summary>
    protected internal abstract TState InitialState { get; }

    /// <summary>Tells equal states. Default <see cref="EqualityComparer{T}.Default"/>.</summary>
    protected internal virtual IEqualityComparer<TState> StateComparer => EqualityComparer<TState>.Default;

    /// <summary>
    /// Adds every state in which an operation may leave a state: none when it cannot have had that result there, several when the model
    /// leaves it open. An operation of unknown outcome may have had any result; that it may have had no effect at all need not be added.
    /// </summary>
    /// <param name="state">The state before.</param>
    /// <param name="operation">
    /// The operation. Only its function, key, argument, outcome and result may decide: operations that agree in these share an answer.
    /// </param>
    /// <param name="next">Takes the states after.</param>
    /// <exception cref="ArgumentException">The model does not know the operation.</exception>
    protected internal abstract void Step(TState state, HistoryOperation operation, ICollection<TState> next);

    /// <summary>
    /// Whether an operation leaves every state as it is, whichever it meets: a read, a compare-and-set that returned false. Default false.
    /// Saying so makes the search much faster; saying so wrongly makes it wrong.
    /// </summary>
    protected internal virtual bool OnlyLooks(HistoryOperation operation) => false;

    /// <summary>A state in the report of a violation. By default its own text.</summary>
    protected internal virtual string Describe(TState state) => state.ToString() ?? "";

    /// <summary>About how much memory a state takes, in bytes, for <see cref="LinearizabilityOptions.MaxMemoryBytes"/>. Default 64.</summary>
    protected internal virtual int SizeOf(TState state) => 64;

    // Looking ahead: an operation that demands something of the state it meets is lost once no state that it may still meet can fulfil it.
    // Those are the ones that lead on from the current state, without any operation that overwrites, and from each that may overwrite.
    internal virtual bool IsDemanding(HistoryOperation operation) => false;

    internal virtual bool MayLeadTo(TState state, HistoryOperation demanding) => true;

    internal virtual bool MayOverwriteFor(HistoryOperation writer, HistoryOperation demanding) => true;

    internal override StateTable NewTable() => new StateTable<TState>(this);
}
