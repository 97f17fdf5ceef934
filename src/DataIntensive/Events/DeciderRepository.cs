using System.Diagnostics;
using System.Runtime.CompilerServices;
using DataIntensive.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

/// <summary>Loads the states of streams, decides commands on them, and appends what was decided.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <typeparam name="TCommand">The type of the commands.</typeparam>
/// <typeparam name="TEvent">The common type of the events.</typeparam>
/// <remarks>
/// A state is folded from the stream's events alone. What is kept in memory or in snapshots saves reading, and never changes a result or
/// hides a conflict. Every member may be called from any thread.
/// </remarks>
public sealed partial class DeciderRepository<TState, TCommand, TEvent>
    where TEvent : notnull
{
    private readonly IEventStore _store;
    private readonly Decider<TState, TCommand, TEvent> _decider;
    private readonly StreamFolder<TState, TEvent> _folder;
    private readonly int _maxAttempts;
    private readonly ConditionalWeakTable<DatabaseTransaction, Dictionary<StreamId, FoldedStream<TState>>> _transactions = [];

    /// <summary>Makes a repository over an event store.</summary>
    /// <param name="store">The event store.</param>
    /// <param name="decider">Decides and folds.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    public DeciderRepository(IEventStore store, Decider<TState, TCommand, TEvent> decider, DeciderOptions<TState>? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(decider);
        options ??= new DeciderOptions<TState>();
        _store = store;
        _decider = decider;
        _maxAttempts = options.MaxAttempts;
        Cache = options.CachedStreams == 0 ? null : new FoldCache<TState>(options.CachedStreams);
        _folder = new StreamFolder<TState, TEvent>(store, () => decider.Initial, decider.Evolve, Cache, options.Snapshots);
    }

    internal FoldCache<TState>? Cache { get; }

    /// <summary>Returns the state of a stream as it is now.</summary>
    /// <exception cref="InvalidOperationException">The stream holds an event that is no <typeparamref name="TEvent"/>.</exception>
    public async ValueTask<FoldedStream<TState>> LoadAsync(StreamId stream, CancellationToken cancellationToken = default)
    {
        (FoldPoint<TState> point, StreamInfo info) = await _folder.LoadAsync(stream, known: null, cancellationToken).ConfigureAwait(false);
        return new FoldedStream<TState>(point.State, info.Version, info.Status);
    }

    /// <summary>Returns the state of a stream as it was at a version, or is when it has not come that far.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="asOfVersion">The version, from 0: before the first event.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public ValueTask<FoldedStream<TState>> LoadAsync(StreamId stream, long asOfVersion, CancellationToken cancellationToken = default) =>
        LoadAsync(stream, new EventReadOptions { AsOfVersion = asOfVersion }, cancellationToken);

    /// <summary>Returns the state of a stream as it was at an event position.</summary>
    public ValueTask<FoldedStream<TState>> LoadAsync(StreamId stream, EventPosition asOf, CancellationToken cancellationToken = default) =>
        LoadAsync(stream, new EventReadOptions { AsOf = asOf }, cancellationToken);

    /// <summary>Returns the state of a stream as it was at a time: of the events with this timestamp or an earlier one.</summary>
    public ValueTask<FoldedStream<TState>> LoadAsync(StreamId stream, DateTimeOffset asOfTime, CancellationToken cancellationToken = default) =>
        LoadAsync(stream, new EventReadOptions { AsOfTime = asOfTime }, cancellationToken);

    /// <summary>
    /// Decides a command on the state of a stream and appends the events it decides on, if nobody has appended meanwhile. Otherwise, when the
    /// caller has expected no version, it reads what came in between and decides again.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="options">What the caller expects; null for nothing.</param>
    /// <param name="cancellationToken">Stops the waiting and further attempts; it never un-writes.</param>
    /// <returns>The new state and the events that were appended. When it decides on none, nothing is written.</returns>
    /// <exception cref="DecisionExhaustedException">Others were faster every time. Nothing was written.</exception>
    /// <exception cref="AppendConflictException">
    /// The stream is not as the caller expects, it has a tombstone, or some of the event ids are stored with other events. Nothing was written.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream holds an event that is no <typeparamref name="TEvent"/>.</exception>
    /// <remarks>What the decider throws reaches the caller as it is; nothing is written then, and the command is not decided again.</remarks>
    public async ValueTask<Decision<TState, TEvent>> HandleAsync(StreamId stream, TCommand command, HandleOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= HandleOptions.Default;
        using Activity? activity = Telemetry.Source.StartActivity(Telemetry.DecideActivity);
        DatabaseEventStore? durable = await DatabaseEvents.OfAsync(_store, cancellationToken).ConfigureAwait(false);
        FoldPoint<TState>? known = null;
        for (int attempt = 1; ; attempt++)
        {
            (FoldPoint<TState> point, StreamInfo info) = await _folder.LoadAsync(stream, known, cancellationToken).ConfigureAwait(false);
            ThrowIfUnexpected(stream, options.Expected, info.Version, info.Status);
            EventMetrics.Of(durable?.State.Database).Decisions.Add(1);
            activity?.SetTag(Telemetry.AttemptsTag, attempt);
            Decided decided = Decide(durable, stream, info.Version, point.State, command);
            if (decided.Events.Length == 0 && !options.ChecksVersion)
            {
                return new Decision<TState, TEvent>(point.State, decided.Events, info.Version) { Attempts = attempt };
            }

            EventBatch batch = BatchOf(stream, options, info, decided.Events);
            AppendResult result = await _store.AppendAsync(batch, cancellationToken).ConfigureAwait(false);
            if (result.IsDuplicate)
            {
                FoldedStream<TState> stored = await LoadAsync(stream, cancellationToken).ConfigureAwait(false);
                return new Decision<TState, TEvent>(stored.State, [], stored.Version) { Attempts = attempt, IsDuplicate = true };
            }

            if (result.Succeeded)
            {
                return new Decision<TState, TEvent>(decided.State, decided.Events, decided.Events.Length == 0 ? info.Version : result.Version) { Attempts = attempt };
            }

            if (options.Expected is not null || !result.Conflicts.All(conflict => conflict.Kind == AppendConflictKind.Version))
            {
                result.OrThrow();
            }

            known = point.Version > 0 ? point : null;
            if (attempt == _maxAttempts)
            {
                throw new DecisionExhaustedException(stream, attempt, result.Conflicts);
            }
        }
    }

    /// <summary>Loads a stream to decide several commands on it, and to append what they lead to as one.</summary>
    /// <exception cref="InvalidOperationException">The stream holds an event that is no <typeparamref name="TEvent"/>.</exception>
    public async ValueTask<DeciderHandle<TState, TCommand, TEvent>> OpenAsync(StreamId stream, CancellationToken cancellationToken = default)
    {
        FoldedStream<TState> loaded = await LoadAsync(stream, cancellationToken).ConfigureAwait(false);
        return new DeciderHandle<TState, TCommand, TEvent>(this, stream, loaded);
    }

    private async ValueTask<FoldedStream<TState>> LoadAsync(StreamId stream, EventReadOptions asOf, CancellationToken cancellationToken)
    {
        (FoldPoint<TState> point, StreamInfo info) = await _folder.LoadAsync(stream, asOf, cancellationToken).ConfigureAwait(false);
        return new FoldedStream<TState>(point.State, info.Version, info.Status);
    }
}
