namespace DataIntensive.Testing;

/// <summary>
/// A test of a decider, in the words given, when, then: of any test framework, or of none. For example
/// <c>DeciderScenario.Of(account).Given(new Opened()).When(new Withdraw(5)).ThenThrows&lt;InvalidOperationException&gt;()</c>.
/// </summary>
public static class DeciderScenario
{
    /// <summary>Begins a scenario in which nothing has happened yet.</summary>
    /// <param name="decider">The decider.</param>
    /// <param name="comparer">
    /// Tells whether two events are the same; null for their own equality, which records have as long as they hold no collections.
    /// </param>
    public static DeciderScenario<TState, TCommand, TEvent> Of<TState, TCommand, TEvent>(Decider<TState, TCommand, TEvent> decider, IEqualityComparer<TEvent>? comparer = null)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(decider);
        return new DeciderScenario<TState, TCommand, TEvent>(decider, comparer ?? EqualityComparer<TEvent>.Default, []);
    }
}
