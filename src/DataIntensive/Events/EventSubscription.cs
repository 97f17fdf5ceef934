using DataIntensive.Consumers;
using DataIntensive.Events;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataIntensive;

/// <summary>
/// Gives the events that a query means to a handler, one after the other, and keeps how far it has come under a name. The handler writes
/// either through the transaction it is given (exactly one effect), or elsewhere (at least one).
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Every event is handled, in order, or parked when the options say so: a transactional handler's effects and the
/// checkpoint are one commit; another handler gets an event again when the process ends before the checkpoint behind it is saved.</para>
/// <para><b>Order.</b> That of the event positions, over all streams. The next event waits until the one before is handled. With several
/// members (<see cref="SubscriptionOptions.Members"/>) that order holds within each stream only.</para>
/// <para><b>After a crash.</b> It goes on behind its checkpoint, and passes over what members have finished beyond it. Events that the query
/// does not mean are not read again.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. It runs once at a time, and no other consumer of its name beside it.</para>
/// <para><b>Cost.</b> It is told of new events and never polls, reads them at its own pace and holds no writer up. An idle one writes nothing.</para>
/// <para><b>Not guaranteed.</b> That effects elsewhere happen once: make them idempotent, for example by the event's position.</para>
/// </remarks>
public sealed partial class EventSubscription
{
    private readonly IEventStore _store;
    private readonly ICheckpointStore _givenCheckpoints;
    private readonly EventQuery _query;
    private readonly SubscriptionOptions _options;
    private readonly Func<RecordedEvent, CancellationToken, ValueTask>? _handler;
    private readonly Action<DatabaseTransaction, RecordedEvent>? _transactionalHandler;
    private readonly Func<DatabaseTransaction, RecordedEvent, CancellationToken, ValueTask>? _asyncTransactionalHandler;
    private readonly SubscriptionWaiters _waiters = new();
    private ICheckpointStore _checkpoints;
    private long _position;
    private long _head;
    private long _handled;
    private volatile int _status;
    private volatile Exception? _failure;
    private volatile DatabaseEventStore? _durable;

    private EventSubscription(IEventStore store, ICheckpointStore checkpoints, string name, EventQuery query, SubscriptionOptions? options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(query);
        _store = store;
        _givenCheckpoints = _checkpoints = checkpoints;
        _query = query;
        _options = options ?? new SubscriptionOptions();
        _parked = new ParkedKeys(_options.MaxParked, holdsBack: _options.Poison != PoisonEvents.ParkAlone);
        Name = name;
        if (_options.Poison != PoisonEvents.Stop && checkpoints is not (DatabaseCheckpointStore or InMemoryCheckpointStore or IDatabaseCheckpoints))
        {
            throw new ArgumentException("Events are parked beside checkpoints in a database or in memory; another store has no place for them.", nameof(checkpoints));
        }
    }

    private EventSubscription(IEventStore store, ICheckpointStore checkpoints, string name, EventQuery query, Func<RecordedEvent, CancellationToken, ValueTask> handler, SubscriptionOptions? options)
        : this(store, checkpoints, name, query, options)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _handler = handler;
    }

    private EventSubscription(IEventStore store, DatabaseCheckpointStore checkpoints, string name, EventQuery query, Action<DatabaseTransaction, RecordedEvent> handler, SubscriptionOptions? options)
        : this(store, checkpoints, name, query, options)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _transactionalHandler = handler;
    }

    private EventSubscription(IEventStore store, DatabaseCheckpointStore checkpoints, string name, EventQuery query, Func<DatabaseTransaction, RecordedEvent, CancellationToken, ValueTask> handler, SubscriptionOptions? options)
        : this(store, checkpoints, name, query, options)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _asyncTransactionalHandler = handler;
    }

    /// <summary>The subscription's name.</summary>
    public string Name { get; }

    /// <summary>What it is doing.</summary>
    public SubscriptionStatus Status => (SubscriptionStatus)_status;

    /// <summary>Why its last run ended, when it failed; null when it runs or was cancelled.</summary>
    public Exception? Failure => _failure;

    /// <summary>How far it has come in this run: every event that it asks for at or before this is handled, or parked.</summary>
    public EventPosition Position => new(Volatile.Read(ref _position));

    /// <summary>How many positions it is behind the newest event, its own and others'; while it runs.</summary>
    public long Lag => Math.Max(0, (_durable is { } durable && !durable.State.Database.IsClosed ? durable.Head.Value : Volatile.Read(ref _head)) - Position.Value);

    /// <summary>How many events were handled since this object was made.</summary>
    public long Handled => Volatile.Read(ref _handled);

    /// <summary>Makes a subscription whose handler's effects are elsewhere: each event is handled at least once.</summary>
    /// <param name="store">The event store.</param>
    /// <param name="checkpoints">Where its checkpoint is kept.</param>
    /// <param name="name">Its name, for good. Consumers of every kind share the names of one checkpoint store.</param>
    /// <param name="query">Which events.</param>
    /// <param name="handler">Handles an event, which may come again after a crash.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    public static EventSubscription Create(
        IEventStore store,
        ICheckpointStore checkpoints,
        string name,
        EventQuery query,
        Func<RecordedEvent, CancellationToken, ValueTask> handler,
        SubscriptionOptions? options = null) => new(store, checkpoints, name, query, handler, options);

    /// <summary>Makes a subscription whose handler's effects and checkpoint are one commit: each event has its effect once.</summary>
    /// <param name="store">The event store; it may be in another database than the effects.</param>
    /// <param name="checkpoints">The checkpoints of the database of the effects.</param>
    /// <param name="name">Its name, for good. Consumers of every kind share the names of one database.</param>
    /// <param name="query">Which events.</param>
    /// <param name="handler">
    /// Writes through the transaction, which reads the newest state. Short, without waiting and without I/O, as all other commits wait for it;
    /// may run again before anything is kept.
    /// </param>
    /// <param name="options">How it works; null for the defaults.</param>
    public static EventSubscription Create(
        IEventStore store,
        DatabaseCheckpointStore checkpoints,
        string name,
        EventQuery query,
        Action<DatabaseTransaction, RecordedEvent> handler,
        SubscriptionOptions? options = null) => new(store, checkpoints, name, query, handler, options);

    /// <summary>
    /// Makes a subscription whose handler may wait and do I/O, and whose writes in the database are one commit with what says that the event is
    /// finished: each event has that effect once.
    /// </summary>
    /// <param name="store">The event store; it may be in another database than the effects.</param>
    /// <param name="checkpoints">The checkpoints of the database of the effects.</param>
    /// <param name="name">Its name, for good. Consumers of every kind share the names of one database.</param>
    /// <param name="query">Which events.</param>
    /// <param name="handler">
    /// Reads and writes through a serializable transaction, as in <see cref="Database.TransactAsync(Func{DatabaseTransaction, ValueTask}, TransactionIsolation, Durability?, CancellationToken)"/>:
    /// it runs again when somebody changed what it read, so what it does elsewhere may happen more than once.
    /// </param>
    /// <param name="options">How it works; null for the defaults.</param>
    public static EventSubscription Create(
        IEventStore store,
        DatabaseCheckpointStore checkpoints,
        string name,
        EventQuery query,
        Func<DatabaseTransaction, RecordedEvent, CancellationToken, ValueTask> handler,
        SubscriptionOptions? options = null) => new(store, checkpoints, name, query, handler, options);

    /// <summary>Returns when every event that it asks for at or before a position is handled, or parked.</summary>
    /// <param name="position">The position, for example that of an <see cref="AppendResult"/>.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="InvalidOperationException">It does not run, or stopped while this waited; the inner exception says why.</exception>
    public Task WaitForAsync(EventPosition position, CancellationToken cancellationToken = default) =>
        Position >= position && Status != SubscriptionStatus.Stopped
            ? Task.CompletedTask
            : _waiters.WaitAsync(this, position, cancellationToken);

    /// <summary>Has its next run begin behind a position; what lies behind it is handled again, or passed over. Parked events stay parked.</summary>
    /// <param name="position">The last event that is passed over; <c>default</c> for the beginning.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">It lies beyond the newest event.</exception>
    /// <exception cref="InvalidOperationException">It runs, or another consumer of its name does.</exception>
    public async ValueTask RewindAsync(EventPosition position, CancellationToken cancellationToken = default)
    {
        await ResolveAsync(cancellationToken).ConfigureAwait(false);
        using RunningConsumers.Lease lease = RunningConsumers.Acquire(_checkpoints, Name);
        EventPosition head = await _store.HeadAsync(cancellationToken).ConfigureAwait(false);
        if (position.Value < 0 || position > head)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"The newest event is at position {head}.");
        }

        await _checkpoints.ResetAsync(Name, MarkOf(position), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _position, position.Value);
    }

    /// <summary>Has its next run begin at the first event with a timestamp or a later one.</summary>
    /// <inheritdoc cref="RewindAsync(EventPosition, CancellationToken)"/>
    public async ValueTask RewindAsync(DateTimeOffset time, CancellationToken cancellationToken = default) =>
        await RewindAsync(await LastBeforeAsync(time, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    // What is opened by the first call is opened now, or looked up again: it may have been reopened.
    private async ValueTask ResolveAsync(CancellationToken cancellationToken)
    {
        _durable = await DatabaseEvents.OfAsync(_store, cancellationToken).ConfigureAwait(false);
        _checkpoints = _givenCheckpoints is IDatabaseCheckpoints lazy ? await lazy.OpenAsync(cancellationToken).ConfigureAwait(false) : _givenCheckpoints;
        _metrics = EventMetrics.Of(_durable?.State.Database);
        _logger = (_durable?.State.Database.Options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("DataIntensive.Subscriptions");
    }

    // A checkpoint is a place in the log where there is one: until then the log is kept for this consumer.
    private LogPosition MarkOf(EventPosition position) => _durable?.State.LogPositionOf(position) ?? new LogPosition(position.Value);

    private LogPosition MarkOf(in SubscriptionStep step) => _durable is null ? new LogPosition(step.Position.Value) : step.LogPosition;

    private LogPosition MarkOf(RecordedEvent recorded) => _durable is null ? new LogPosition(recorded.Position.Value) : recorded.LogPosition;

    private async ValueTask<EventPosition> LastBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        EventReadOptions before = new() { AsOfTime = time.AddTicks(-1), Backward = true, MaxCount = 1, IncludeArchived = true, Unknown = UnknownEvents.Raw };
        await foreach (RecordedEvent recorded in _store.ReadAsync(EventQuery.All, before, cancellationToken).ConfigureAwait(false))
        {
            return recorded.Position;
        }

        return EventPosition.Start;
    }
}
