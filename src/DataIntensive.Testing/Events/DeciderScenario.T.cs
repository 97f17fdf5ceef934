namespace DataIntensive.Testing;

/// <summary>What has happened before a command, in a test of a decider. Immutable: several scenarios may begin with one.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <typeparam name="TCommand">The type of the commands.</typeparam>
/// <typeparam name="TEvent">The common type of the events.</typeparam>
public sealed class DeciderScenario<TState, TCommand, TEvent>
    where TEvent : notnull
{
    private readonly Decider<TState, TCommand, TEvent> _decider;
    private readonly IEqualityComparer<TEvent> _comparer;
    private readonly IReadOnlyList<TEvent> _given;

    internal DeciderScenario(Decider<TState, TCommand, TEvent> decider, IEqualityComparer<TEvent> comparer, IReadOnlyList<TEvent> given)
    {
        _decider = decider;
        _comparer = comparer;
        _given = given;
    }

    /// <summary>The state that the events lead to.</summary>
    public TState State => _given.Aggregate(_decider.Initial, _decider.Evolve);

    /// <summary>Says what has happened, behind what was said already.</summary>
    public DeciderScenario<TState, TCommand, TEvent> Given(params IEnumerable<TEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        return new DeciderScenario<TState, TCommand, TEvent>(_decider, _comparer, [.. _given, .. events]);
    }

    /// <summary>Decides a command on that.</summary>
    public DeciderOutcome<TState, TCommand, TEvent> When(TCommand command)
    {
        TState state = State;
        try
        {
            TEvent[] events = [.. _decider.Decide(command, state)];
            return new DeciderOutcome<TState, TCommand, TEvent>(_given, command, events, events.Aggregate(state, _decider.Evolve), thrown: null, _comparer);
        }
        catch (Exception thrown)
        {
            return new DeciderOutcome<TState, TCommand, TEvent>(_given, command, [], state, thrown, _comparer);
        }
    }
}
