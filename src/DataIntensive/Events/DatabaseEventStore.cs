using System.Diagnostics;
using System.Runtime.ExceptionServices;
using DataIntensive.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

/// <summary>An event store in a database.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> An append that has returned is as durable as the database says. Together with writes to stores it is one commit
/// by <see cref="EventStoreExtensions.In"/>.</para>
/// <para><b>Order.</b> The order of the log. Versions, event positions and timestamps are assigned in the commit: without gaps, and never
/// going back.</para>
/// <para><b>After a crash.</b> Every append that has returned is there, and no half one.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. An enumerator belongs to one caller.</para>
/// <para><b>Cost.</b> Events stay in the log and are read from there; in memory are 4 to 20 bytes per event, 2 to 8 per tag, and some 200
/// per stream and per different tag besides its text, or some 40 until it is used for the first time after an opening from a state snapshot.
/// Appends share their fsync with others. A subscription waits without polling.</para>
/// <para><b>Not guaranteed.</b> In a database in memory, that there is room for ever: its log is bounded, and full it refuses.</para>
/// </remarks>
public sealed partial class DatabaseEventStore : IEventStore
{
    private readonly EventState _state;

    internal DatabaseEventStore(EventState state, string tenant = "")
    {
        _state = state;
        Tenant = tenant;
    }

    /// <summary>The event store's name.</summary>
    public string Name => _state.Name;

    /// <summary>Whose events these are; empty for the event store's own.</summary>
    public string Tenant { get; }

    /// <summary>The position of the newest visible event, at once; <see cref="EventPosition.Start"/> when there is none.</summary>
    public EventPosition Head
    {
        get
        {
            Database.ThrowIfDisposed();
            return HeadAt(Database.Visible);
        }
    }

    internal EventState State => _state;

    private Database Database => _state.Database;

    /// <summary>Returns the visible version of a stream, at once; 0 when it was never written.</summary>
    public long Version(StreamId stream)
    {
        stream.ThrowIfDefault(nameof(stream));
        Database.ThrowIfDisposed();
        return _state.StreamAt(Tenant, stream, Database.Visible).Version;
    }

    /// <inheritdoc />
    public ValueTask<AppendResult> AppendAsync(EventBatch batch, CancellationToken cancellationToken = default)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            EncodedBatch encoded = EncodedBatch.Of(_state, Tenant, batch);
            foreach (EncodedStep step in encoded.Steps)
            {
                TakeBack(step);
            }

            return AppendAsync(encoded, cancellationToken);
        }
        catch (Exception exception)
        {
            return FailAsync(ExceptionDispatchInfo.Capture(exception));
        }
    }

    /// <inheritdoc cref="EventStoreExtensions.AppendAsync(IEventStore, StreamId, ExpectedVersion, IEnumerable{object}, CancellationToken)"/>
    public ValueTask<AppendResult> AppendAsync(StreamId stream, ExpectedVersion expected, IEnumerable<object> events, CancellationToken cancellationToken = default)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return AppendAsync(EncodedBatch.Of(_state, Tenant, stream, expected, events), cancellationToken);
        }
        catch (Exception exception)
        {
            return FailAsync(ExceptionDispatchInfo.Capture(exception));
        }
    }

    /// <inheritdoc />
    public ValueTask<EventPosition> HeadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<EventPosition>(Head);
    }

    /// <inheritdoc cref="IEventStore.ForTenant"/>
    public DatabaseEventStore ForTenant(string tenant)
    {
        TenantNames.Validate(tenant);
        return new DatabaseEventStore(_state, tenant);
    }

    IEventStore IEventStore.ForTenant(string tenant) => ForTenant(tenant);

    internal EventStoreTransaction Join(DatabaseTransaction transaction) => new(Changes(transaction), Tenant);

    // Beforehand, so that nobody waits while the events of an archived stream are read.
    private void TakeBack(in EncodedStep step)
    {
        if (step.Marking == StreamMarking.Restored
            && _state.Of(Tenant) is { } tenant
            && tenant.Find(step.Stream) is { Archived: not null } stream
            && step.Expected.Holds(stream.Version, StreamStatus.Archived, writes: false))
        {
            _state.TakeBack(tenant, stream);
        }
    }

    // As an asynchronous method tells what goes wrong, which for what happens at once would cost more than it does.
    private static async ValueTask<AppendResult> FailAsync(ExceptionDispatchInfo failure)
    {
        failure.Throw();
        return default;
    }

    private ValueTask<AppendResult> AppendAsync(EncodedBatch batch, CancellationToken cancellationToken)
    {
        if (Telemetry.Source.HasListeners())
        {
            return TraceAppendAsync(batch, cancellationToken);
        }

        ValueTask<(EventChanges Changes, LogPosition Position)> running = RunAsync(batch, cancellationToken);
        return running.IsCompletedSuccessfully ? new ValueTask<AppendResult>(End(batch, running.Result.Changes, activity: null)) : EndAsync(batch, running, activity: null);
    }

    private async ValueTask<AppendResult> TraceAppendAsync(EncodedBatch batch, CancellationToken cancellationToken)
    {
        using Activity? activity = Telemetry.Source.StartActivity(Telemetry.AppendActivity);
        return await EndAsync(batch, RunAsync(batch, cancellationToken), activity).ConfigureAwait(false);
    }

    private ValueTask<(EventChanges Changes, LogPosition Position)> RunAsync(EncodedBatch batch, CancellationToken cancellationToken) =>
        Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                EventChanges changes = call.Store.Changes(transaction);
                changes.Result = changes.Append(call.Store.Tenant, call.Batch);
                return changes;
            },
            (Store: this, Batch: batch),
            durability: null,
            cancellationToken,
            isOwn: true);

    private async ValueTask<AppendResult> EndAsync(EncodedBatch batch, ValueTask<(EventChanges Changes, LogPosition Position)> running, Activity? activity) =>
        End(batch, (await running.ConfigureAwait(false)).Changes, activity);

    // What fails or is cancelled may be looked at still, so it is not reused.
    private AppendResult End(EncodedBatch batch, EventChanges changes, Activity? activity)
    {
        AppendResult result = changes.Result;
        _state.Metrics.Answered(result, batch.Events.Count, activity);
        changes.GiveBack();
        batch.GiveBack();
        return result;
    }

    private EventChanges Changes(DatabaseTransaction transaction) => transaction.Changes(_state, EventChanges.Of);

    private EventPosition HeadAt(LogPosition position) =>
        _state.Of(Tenant) is { } tenant ? _state.HeadAt(tenant.NewestAt(position)) : EventPosition.Start;
}
