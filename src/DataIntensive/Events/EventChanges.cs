using System.Runtime.InteropServices;
using DataIntensive.Transactions;

namespace DataIntensive.Events;

// What one transaction read and appended of one event store.
internal sealed partial class EventChanges : StateChanges
{
    private const int MostKept = 64;
    private const int MostWithoutIndex = 4;

    private static readonly LogPosition Newest = new(long.MaxValue);

    [ThreadStatic]
    private static EventChanges? _spare;

    // In the order in which they were first named. Most appends name one stream or a few: only more of them are worth a dictionary.
    private readonly List<StreamChanges> _streams = [];
    private readonly List<PendingRecord> _records = [];
    private readonly Stack<StreamChanges> _spareStreams = [];
    private EventState _state = null!;
    private DatabaseTransaction _transaction = null!;
    private Dictionary<(string Tenant, StreamId Stream), StreamChanges>? _index;
    private StreamChanges? _last;
    private List<(string Tenant, AppendCondition Condition)>? _conditions;
    private int _events;
    private long _micros;

    private EventChanges()
    {
    }

    public EventState State => _state;

    // For whoever runs it: what the append came to.
    public AppendResult Result { get; set; }

    private Span<PendingRecord> Records => CollectionsMarshal.AsSpan(_records);

    public static EventChanges Of(EventState state, DatabaseTransaction transaction)
    {
        EventChanges changes = _spare ?? new EventChanges();
        _spare = null;
        changes._state = state;
        changes._transaction = transaction;
        return changes;
    }

    // The commit is published, or there is none, and nobody may look at this any more.
    public void GiveBack()
    {
        if (_records.Count > MostKept || _streams.Count > MostKept)
        {
            return;
        }

        foreach (StreamChanges stream in _streams)
        {
            stream.Forget();
            _spareStreams.Push(stream);
        }

        _streams.Clear();
        _index = null;
        _records.Clear();
        _conditions = null;
        Result = default;
        _last = null;
        _stagedIds = default;
        _events = 0;

        // What is spare keeps no database in memory.
        _state = null!;
        _transaction = null!;
        _spare = this;
    }

    public long Version(string tenant, StreamId stream)
    {
        stream.ThrowIfDefault(nameof(stream));
        return Read(Of(tenant, stream)).Version;
    }

    // A stream's own cost comes with its first event, a tag's with its first use.
    public override long GrowthBytes_NeedsSequencer()
    {
        long growth = 0;
        foreach (StreamChanges stream in _streams)
        {
            growth += stream.Appended > 0 && stream.Find(_state) is null ? EventState.BytesOf(stream.Id.Value) : 0;
        }

        foreach (ref readonly PendingRecord pending in Records)
        {
            growth += pending.IsEvent ? EventState.BytesPerEvent : 0;
            foreach (EventTag tag in pending.IsEvent ? pending.Event.Tags : [])
            {
                growth += EventState.BytesPerTag + (pending.Stream.TenantIndex?.Tags.Find(tag.Value) is not null ? 0 : EventState.BytesOf(tag.Value));
            }
        }

        return growth;
    }

    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot)
    {
        foreach (StreamChanges stream in _streams)
        {
            bool mustHold = stream.IsFixed || (stream.IsRead && isolation == TransactionIsolation.Serializable);
            (long version, StreamStatus status) = stream.Find(_state)?.At(Newest) ?? default;
            bool holds = mustHold
                ? version == stream.Base && status == stream.BaseStatus
                : stream.MayWriteTo(status);
            if (!holds || HasStoredIds(stream) || (stream.IsRestored && stream.Index is { Archived: not null }))
            {
                return new TransactionConflict(_state.ToString(), stream.Id.Value, stream.Index?.Touched ?? default);
            }
        }

        foreach ((string tenant, AppendCondition condition) in _conditions ?? [])
        {
            if (FindRuledOut(tenant, condition, Newest) is { Value: > 0 } found)
            {
                return new TransactionConflict(_state.ToString(), $"condition after {condition.After}", found);
            }
        }

        return null;
    }

    // Nothing of this counts before the log has taken the batch: an append that fails or is refused uses up no number.
    public override void Prepare_NeedsSequencer()
    {
        foreach (StreamChanges stream in _streams)
        {
            stream.Newest = stream.Find(_state)?.Version ?? 0;
        }

        _micros = _state.NextMicros_NeedsSequencer();
        _transaction.Batch.TimeMicros = _state.SharesClockWithLog ? _micros : 0;
        long position = _state.All.Count;
        foreach (ref readonly PendingRecord pending in Records)
        {
            long version = pending.Stream.Newest + pending.Ordinal;
            if (pending.IsEvent)
            {
                EventRecord.Fill(_transaction.Batch.At(pending.Offset, EventRecord.HeadBytes), ++position, version, _micros);
            }
            else
            {
                StreamMarkRecord.Fill(_transaction.Batch.At(pending.Offset, StreamMarkRecord.HeadBytes), version);
            }
        }
    }

    public override void Stage_NeedsSequencer(LogPosition first)
    {
        foreach (ref readonly PendingRecord pending in Records)
        {
            LogPosition position = new(first.Value + pending.Record);
            if (!pending.IsEvent)
            {
                _state.Mark_NeedsSequencer(pending.Stream.Tenant, pending.Stream.Id, pending.Step.Marking, pending.Step.Retention, pending.Stream.Newest + pending.Ordinal, position);
                continue;
            }

            _state.Stage_NeedsSequencer(pending.Stream, pending.Event, position, _micros);
            if (pending.Event.Id is { } id)
            {
                _state.StagedIds[position.Value] = id;
                _stagedIds = first;
            }
        }
    }

    // Readers take of the lists what is at or before the visible position, which has advanced.
    public override void Publish()
    {
        _state.Published(_events);
        _state.ArchiveWhenDue();
        for (int i = 0; _stagedIds.Value > 0 && i < _records.Count; i++)
        {
            if (_records[i].IsEvent && _records[i].Event.Id is not null)
            {
                _state.StagedIds.TryRemove(_stagedIds.Value + _records[i].Record, out _);
            }
        }
    }

    private StreamChanges Read(StreamChanges stream)
    {
        stream.IsRead = true;
        if (_transaction.IsSequenced && stream.Find(_state) is { } index)
        {
            _transaction.DependOn(index.Touched);
        }

        return stream;
    }

    private StreamChanges Of(string tenant, StreamId id)
    {
        _transaction.ThrowIfDone();
        if (_last is not null && _last.Id == id && _last.Tenant == tenant)
        {
            return _last;
        }

        return _last = Find(tenant, id) ?? Add(tenant, id);
    }

    private StreamChanges? Find(string tenant, StreamId id)
    {
        if (_index is not null)
        {
            return _index.GetValueOrDefault((tenant, id));
        }

        foreach (StreamChanges stream in _streams)
        {
            if (stream.Id == id && stream.Tenant == tenant)
            {
                return stream;
            }
        }

        return null;
    }

    private StreamChanges Add(string tenant, StreamId id)
    {
        StreamChanges stream = _spareStreams.TryPop(out StreamChanges? spare) ? spare : new StreamChanges();
        stream.Begin(tenant, id, _state, _transaction.Snapshot);
        _streams.Add(stream);
        if (_streams.Count > MostWithoutIndex)
        {
            _index ??= _streams.ToDictionary(named => (named.Tenant, named.Id));
            _index[(tenant, id)] = stream;
        }

        return stream;
    }

    // Ordinal: how many events the transaction has appended to the stream with this. Record: index in the batch. Offset: where its head
    // stands there. Index: of the event, or of the step that marks, in the batch that it is of.
    private readonly record struct PendingRecord(StreamChanges Stream, int Ordinal, int Record, int Offset, EncodedBatch Of, bool IsEvent, int Index)
    {
        public ref readonly EncodedEvent Event => ref CollectionsMarshal.AsSpan(Of.Events)[Index];

        // Of a mark.
        public ref readonly EncodedStep Step => ref CollectionsMarshal.AsSpan(Of.Steps)[Index];
    }
}
