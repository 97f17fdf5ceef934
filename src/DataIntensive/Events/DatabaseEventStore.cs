using System.Runtime.CompilerServices;
using DataIntensive.Events;
using DataIntensive.Logs;

namespace DataIntensive;

/// <summary>An event store in a database.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> An append that has returned is as durable as the database says. Together with writes to stores it is one commit
/// by <see cref="EventStoreExtensions.In"/>.</para>
/// <para><b>Order.</b> The order of the log. Versions, event positions and timestamps are assigned in the commit: without gaps, and never
/// going back.</para>
/// <para><b>After a crash.</b> Every append that has returned is there, and no half one.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. An enumerator belongs to one caller.</para>
/// <para><b>Cost.</b> Events stay in the log and are read from there; in memory are 16 bytes per event, up to 8 more while a short stream
/// grows, and some 200 bytes per stream besides its id. Appends share their fsync with others. A subscription waits without polling.</para>
/// <para><b>Not guaranteed.</b> In a database in memory, that there is room for ever: its log is bounded, and full it refuses.</para>
/// </remarks>
public sealed class DatabaseEventStore : IEventStore
{
    private readonly EventState _state;

    internal DatabaseEventStore(EventState state) => _state = state;

    /// <summary>The event store's name.</summary>
    public string Name => _state.Name;

    /// <summary>The position of the newest visible event, at once; <see cref="EventPosition.Start"/> when there is none.</summary>
    public EventPosition Head
    {
        get
        {
            Database.ThrowIfDisposed();
            return _state.HeadAt(Database.Visible);
        }
    }

    internal EventState State => _state;

    private Database Database => _state.Database;

    /// <summary>Returns the visible version of a stream, at once; 0 when it has no events.</summary>
    public long Version(StreamId stream)
    {
        stream.ThrowIfDefault(nameof(stream));
        Database.ThrowIfDisposed();
        return _state.VersionAt(stream, Database.Visible);
    }

    /// <inheritdoc />
    public async ValueTask<AppendResult> AppendAsync(StreamId stream, ExpectedVersion expected, IEnumerable<object> events, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EncodedEvents encoded = EncodedEvents.Of(_state.Types, stream, events);
        (AppendResult result, _) = await Database.RunInSequencerAsync(
            static (transaction, call) => call.Store.Changes(transaction).Append(call.Events, call.Expected),
            (Store: this, Events: encoded, Expected: expected),
            durability: null,
            cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc />
    public IAsyncEnumerable<RecordedEvent> ReadStreamAsync(StreamId stream, long fromVersion = 1, CancellationToken cancellationToken = default)
    {
        stream.ThrowIfDefault(nameof(stream));
        ArgumentOutOfRangeException.ThrowIfLessThan(fromVersion, 1);
        Database.ThrowIfDisposed();
        return Read(() => _state.Of(stream), fromVersion, cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<long> VersionAsync(StreamId stream, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<long>(Version(stream));
    }

    /// <inheritdoc />
    public ValueTask<EventPosition> HeadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<EventPosition>(Head);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<RecordedEvent> ReadAllAsync(EventPosition from = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from.Value, nameof(from));
        Database.ThrowIfDisposed();
        return Read(() => _state.All, Math.Max(from.Value, 1), cancellationToken);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<RecordedEvent> SubscribeAsync(EventPosition after = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after.Value, nameof(after));
        LogPosition visible = Database.Visible;
        EventPosition head = Head;
        if (after > head)
        {
            throw new ArgumentOutOfRangeException(nameof(after), after, $"The newest event is at position {head}.");
        }

        // Behind the event that is known; otherwise before the first; otherwise behind all that is there, which holds no event.
        LogPosition start =
            after.Value > 0 ? _state.All[after.Value - 1]
            : _state.HeadAt(visible).Value > 0 ? new LogPosition(_state.All[0].Value - 1)
            : visible;
        return Follow(start, cancellationToken);
    }

    internal EventStoreTransaction Join(DatabaseTransaction transaction) => new(Changes(transaction));

    private EventChanges Changes(DatabaseTransaction transaction) =>
        transaction.Changes(_state, static (state, transaction) => new EventChanges(state, transaction));

    // The list is looked up when the enumeration begins: the stream may be new since the call.
    private async IAsyncEnumerable<RecordedEvent> Read(Func<LogPositionList?> list, long first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Database.ThrowIfDisposed();
        LogPosition visible = Database.Visible;
        if (list() is not { } positions)
        {
            yield break;
        }

        long last = positions.CountUpTo(visible);
        using EventReader reader = new(_state);
        for (long number = first; number <= last; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Database.ThrowIfDisposed();
            yield return reader.Read(positions[number - 1]);
        }
    }

    private async IAsyncEnumerable<RecordedEvent> Follow(LogPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using LogReader reader = Database.Log.OpenReader(after);
        do
        {
            while (reader.TryRead(out LogRecord record))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (record.Tag != _state.Tag)
                {
                    continue;
                }

                // The log shows a commit a moment before the database does; who gets an event must be able to read what came with it.
                RecordedEvent recorded = _state.Decode(record);
                await Database.WaitVisibleAsync(recorded.LogPosition, cancellationToken).ConfigureAwait(false);
                yield return recorded;
            }
        }
        while (await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false));
    }
}
