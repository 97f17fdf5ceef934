namespace DataIntensive.Testing;

/// <summary>What a command led to, in a test of a decider.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <typeparam name="TCommand">The type of the commands.</typeparam>
/// <typeparam name="TEvent">The common type of the events.</typeparam>
public sealed class DeciderOutcome<TState, TCommand, TEvent>
    where TEvent : notnull
{
    private readonly IReadOnlyList<TEvent> _given;
    private readonly TCommand _command;
    private readonly IEqualityComparer<TEvent> _comparer;

    internal DeciderOutcome(IReadOnlyList<TEvent> given, TCommand command, IReadOnlyList<TEvent> events, TState state, Exception? thrown, IEqualityComparer<TEvent> comparer)
    {
        _given = given;
        _command = command;
        _comparer = comparer;
        Events = events;
        State = state;
        Thrown = thrown;
    }

    /// <summary>The events that it led to; none when it was refused.</summary>
    public IReadOnlyList<TEvent> Events { get; }

    /// <summary>The state with these events.</summary>
    public TState State { get; }

    /// <summary>What the decider, or the fold of what it decided, threw; null when it decided.</summary>
    public Exception? Thrown { get; }

    /// <summary>Says that it led to these events, in this order, and no others.</summary>
    /// <exception cref="ScenarioException">It did not.</exception>
    public DeciderOutcome<TState, TCommand, TEvent> Then(params IEnumerable<TEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        TEvent[] expected = [.. events];
        if (Thrown is not null)
        {
            throw Failure(ScenarioText.List(expected), ScenarioText.Of(Thrown));
        }

        return Events.SequenceEqual(expected, _comparer)
            ? this
            : throw Failure(ScenarioText.List(expected), ScenarioText.Compared(Events, expected, _comparer.Equals) + Missing(expected));
    }

    /// <summary>Says that it led to no events, and was not refused.</summary>
    /// <exception cref="ScenarioException">It did, or was.</exception>
    public DeciderOutcome<TState, TCommand, TEvent> ThenNothing() => Then();

    /// <summary>Says that the state is so with the events that it led to.</summary>
    /// <param name="isSo">Whether it is.</param>
    /// <param name="because">What is expected, in words.</param>
    /// <exception cref="ScenarioException">It is not so, or the command was refused.</exception>
    public DeciderOutcome<TState, TCommand, TEvent> ThenState(Func<TState, bool> isSo, string because)
    {
        ArgumentNullException.ThrowIfNull(isSo);
        return Thrown is null && isSo(State) ? this : throw Failure($"a state in which {because}", Thrown is null ? $"{State}" : ScenarioText.Of(Thrown));
    }

    /// <summary>Says that it was refused.</summary>
    /// <typeparam name="TException">The type of what is thrown, or one that it derives from.</typeparam>
    /// <param name="containing">What its message contains; empty for anything.</param>
    /// <returns>What was thrown.</returns>
    /// <exception cref="ScenarioException">It was not refused, or otherwise.</exception>
    public TException ThenThrows<TException>(string containing = "")
        where TException : Exception
    {
        ArgumentNullException.ThrowIfNull(containing);
        string expected = $"{typeof(TException).Name}{(containing.Length == 0 ? "" : $" with '{containing}' in its message")}";
        return Thrown switch
        {
            TException thrown when thrown.Message.Contains(containing, StringComparison.Ordinal) => thrown,
            { } other => throw Failure(expected, ScenarioText.Of(other)),
            null => throw Failure(expected, ScenarioText.List(Events)),
        };
    }

    private string Missing(TEvent[] expected) => Events.Count < expected.Length ? $"{Environment.NewLine}  {expected.Length - Events.Count} too few" : "";

    private ScenarioException Failure(string expected, string came) => new(ScenarioText.Of(_given, $"{_command}", expected, came), Thrown);
}
