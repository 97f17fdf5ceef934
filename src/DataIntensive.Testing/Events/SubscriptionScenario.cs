namespace DataIntensive.Testing;

/// <summary>
/// A test of a subscription on a database in memory, in the words given, when, then: of any test framework, or of none.
/// </summary>
/// <remarks>
/// It runs the subscription over history and again over what comes then, and once more from the start when asked, as a crash may have it:
/// a handler whose effects are to happen once must bear that. Belongs to one caller at a time.
/// </remarks>
public sealed class SubscriptionScenario : IAsyncDisposable, IDisposable
{
    private readonly EventSubscription _subscription;
    private readonly List<string> _given = [];
    private readonly List<string> _steps = [];

    private SubscriptionScenario(Database database, EventSubscription subscription)
    {
        Database = database;
        _subscription = subscription;
    }

    /// <summary>The database that the events are in, and what the handler writes.</summary>
    public Database Database { get; }

    /// <summary>Begins a scenario in which nothing has happened yet.</summary>
    /// <param name="schema">What the database holds: events, checkpoints, and what the handler writes.</param>
    /// <param name="subscription">Makes the subscription that is tested.</param>
    public static SubscriptionScenario Of(DatabaseSchema schema, Func<Database, EventSubscription> subscription)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(subscription);
        Database database = Database.InMemory(schema);
        return new SubscriptionScenario(database, subscription(database));
    }

    /// <summary>Says what has happened in a stream before the subscription runs.</summary>
    public async Task<SubscriptionScenario> GivenAsync(StreamId stream, params IEnumerable<object> events)
    {
        await AppendAsync(stream, events, _given).ConfigureAwait(false);
        return this;
    }

    /// <summary>Has the subscription handle all there is.</summary>
    /// <exception cref="ScenarioException">It failed.</exception>
    public async Task<SubscriptionScenario> WhenItRunsAsync(CancellationToken cancellationToken = default)
    {
        _steps.Add("it runs");
        try
        {
            await _subscription.RunToEndAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new ScenarioException(Text("it handles all there is", ScenarioText.Of(failure)), failure);
        }

        return this;
    }

    /// <summary>Has this happen in a stream, and then the subscription handle it.</summary>
    /// <exception cref="ScenarioException">It failed.</exception>
    public async Task<SubscriptionScenario> WhenAsync(StreamId stream, params IEnumerable<object> events)
    {
        await AppendAsync(stream, events, _steps).ConfigureAwait(false);
        return await WhenItRunsAsync().ConfigureAwait(false);
    }

    /// <summary>Has the subscription handle everything again from the first event.</summary>
    /// <exception cref="ScenarioException">It failed.</exception>
    public async Task<SubscriptionScenario> WhenEverythingComesAgainAsync(CancellationToken cancellationToken = default)
    {
        _steps.Add("everything comes again");
        await _subscription.RewindAsync(default(EventPosition), cancellationToken).ConfigureAwait(false);
        return await WhenItRunsAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says that something is so now.</summary>
    /// <typeparam name="T">What is looked at.</typeparam>
    /// <param name="actual">Looks at it: at the database, or at what the handler has done elsewhere.</param>
    /// <param name="expected">What it is to be.</param>
    /// <exception cref="ScenarioException">It is something else.</exception>
    public SubscriptionScenario Then<T>(Func<Database, T> actual, T expected)
    {
        ArgumentNullException.ThrowIfNull(actual);
        T came = actual(Database);
        return EqualityComparer<T>.Default.Equals(came, expected) ? this : throw new ScenarioException(Text($"{expected}", $"{came}"));
    }

    /// <summary>Closes the database.</summary>
    public void Dispose() => Database.Dispose();

    /// <summary>Closes the database.</summary>
    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private async Task AppendAsync(StreamId stream, IEnumerable<object> events, List<string> told)
    {
        ArgumentNullException.ThrowIfNull(events);
        object[] appended = [.. events];
        (await Database.Events().AppendAsync(stream, appended).ConfigureAwait(false)).OrThrow();
        told.AddRange(appended.Select(@event => $"{stream}: {@event}"));
    }

    private string Text(string expected, string came) => ScenarioText.Of(_given, ScenarioText.List(_steps), expected, came);
}
