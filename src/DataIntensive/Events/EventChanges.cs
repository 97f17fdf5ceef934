using DataIntensive.Transactions;

namespace DataIntensive.Events;

// What one transaction read and appended of one event store.
internal sealed class EventChanges(EventState state, DatabaseTransaction transaction) : StateChanges
{
    private readonly Dictionary<(string Tenant, StreamId Stream), StreamChanges> _streams = [];
    private readonly List<PendingEvent> _events = [];
    private readonly List<(string Tenant, AppendCondition Condition)> _conditions = [];
    private long _micros;

    public EventState State => state;

    public long Version(string tenant, StreamId stream)
    {
        stream.ThrowIfDefault(nameof(stream));
        return Read(Of(tenant, stream)).Version;
    }

    public AppendResult Append(string tenant, EncodedBatch batch)
    {
        List<AppendConflict>? conflicts = null;
        foreach (EncodedStep step in batch.Steps)
        {
            StreamChanges stream = Of(tenant, step.Stream);
            if (!step.Expected.Matches(stream.Tentative))
            {
                (conflicts ??= []).Add(new AppendConflict(AppendConflictKind.Version, step.Stream, step.Expected, stream.Tentative, stream.Tentative == 0 ? StreamStatus.Absent : StreamStatus.Live, default));
            }

            stream.Tentative += step.Count;
        }

        foreach (AppendCondition condition in batch.Conditions)
        {
            if (FindRuledOut(tenant, condition, transaction.Snapshot) is { Value: > 0 } found)
            {
                transaction.DependOn(found);
                (conflicts ??= []).Add(new AppendConflict(AppendConflictKind.Condition, default, default, 0, default, state.HeadAt(found)));
            }
        }

        return conflicts is null ? Take(tenant, batch) : Refuse(tenant, batch, conflicts);
    }

    // A stream's own cost comes with its first event, a tag's with its first use.
    public override long GrowthBytes_NeedsSequencer()
    {
        long growth = _events.Count * EventState.BytesPerEvent;
        foreach (StreamChanges stream in _streams.Values)
        {
            growth += stream.Appended > 0 && state.Find(stream.Tenant, stream.Id) is null ? EventState.BytesOf(stream.Id.Value) : 0;
        }

        foreach (PendingEvent pending in _events)
        {
            foreach (EventTag tag in pending.Event.Tags)
            {
                growth += EventState.BytesPerTag + (state.Of(pending.Stream.Tenant)?.Tags.ContainsKey(tag.Value) == true ? 0 : EventState.BytesOf(tag.Value));
            }
        }

        return growth;
    }

    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot)
    {
        foreach (StreamChanges stream in _streams.Values)
        {
            bool mustHold = stream.IsFixed || (stream.IsRead && isolation == TransactionIsolation.Serializable);
            (long version, LogPosition position) = state.Newest_NeedsSequencer(stream.Tenant, stream.Id);
            if (mustHold && version != stream.Base)
            {
                return new TransactionConflict(state.ToString(), stream.Id.Value, position);
            }
        }

        foreach ((string tenant, AppendCondition condition) in _conditions)
        {
            if (FindRuledOut(tenant, condition, new LogPosition(long.MaxValue)) is { Value: > 0 } found)
            {
                return new TransactionConflict(state.ToString(), $"condition after {condition.After}", found);
            }
        }

        return null;
    }

    // Nothing of this counts before the log has taken the batch: an append that fails or is refused uses up no number.
    public override void Prepare_NeedsSequencer()
    {
        foreach (StreamChanges stream in _streams.Values)
        {
            stream.Newest = state.Newest_NeedsSequencer(stream.Tenant, stream.Id).Version;
        }

        _micros = state.NextMicros_NeedsSequencer();
        long position = state.All.Count;
        foreach (PendingEvent pending in _events)
        {
            Span<byte> head = transaction.Batch.At(pending.Mark, EventRecord.HeadBytes);
            EventRecord.Fill(head, ++position, pending.Stream.Newest + pending.Ordinal, _micros);
        }
    }

    public override void Stage_NeedsSequencer(LogPosition first)
    {
        foreach (PendingEvent pending in _events)
        {
            state.Stage_NeedsSequencer(pending.Stream.Tenant, pending.Stream.Id, pending.Event.Name, pending.Event.Tags, new LogPosition(first.Value + pending.Record), _micros);
        }
    }

    // Readers take of the lists what is at or before the visible position, which has advanced.
    public override void Publish()
    {
    }

    private AppendResult Take(string tenant, EncodedBatch batch)
    {
        foreach (AppendCondition condition in batch.Conditions)
        {
            _conditions.Add((tenant, condition));
            if (batch.Events.Count == 0)
            {
                transaction.DependOn(state.All.Newest);
            }
        }

        foreach (EncodedStep step in batch.Steps)
        {
            StreamChanges stream = Of(tenant, step.Stream);
            stream.IsFixed |= step.Expected.FixesVersion;
            if (step.Count == 0)
            {
                // Only looked at: the answer rests on what was found.
                Read(stream);
            }

            for (int i = step.First; i < step.First + step.Count; i++)
            {
                (int record, int mark) = batch.WriteTo(transaction.Batch, state.Tag, i);
                _events.Add(new PendingEvent(stream, ++stream.Appended, record, mark, batch.Events[i]));
            }
        }

        return new AppendResult
        {
            Version = batch.Steps.Count == 0 ? 0 : VersionOf(Of(tenant, batch.Steps[0].Stream)),
            Versions = VersionsOf(tenant, batch),
            Position = transaction.IsSequenced && batch.Events.Count > 0 ? new EventPosition(state.All.Count + _events.Count) : default,
        };
    }

    private AppendResult Refuse(string tenant, EncodedBatch batch, List<AppendConflict> conflicts)
    {
        foreach (EncodedStep step in batch.Steps)
        {
            StreamChanges stream = Of(tenant, step.Stream);
            stream.Tentative = stream.Version;
            Read(stream);
        }

        return new AppendResult
        {
            Version = batch.Steps.Count == 0 ? 0 : Of(tenant, batch.Steps[0].Stream).Version,
            Versions = VersionsOf(tenant, batch),
            Conflicts = conflicts,
        };
    }

    private IReadOnlyList<StreamVersion> VersionsOf(string tenant, EncodedBatch batch) =>
        batch.Steps.Count < 2 ? [] : [.. batch.Steps.Select(step => step.Stream).Distinct().Select(stream => new StreamVersion(stream, VersionOf(Of(tenant, stream))))];

    private long VersionOf(StreamChanges stream) => transaction.IsSequenced || stream.IsFixed || stream.IsRead ? stream.Version : 0;

    // The first event at or before a position that a condition rules out.
    private LogPosition FindRuledOut(string tenant, AppendCondition condition, LogPosition upTo)
    {
        EventPosition head = state.HeadAt(upTo);
        if (condition.After > head)
        {
            throw new ArgumentOutOfRangeException(nameof(condition), condition.After, $"The newest event is at position {head}.");
        }

        if (state.Of(tenant) is not { } index)
        {
            return default;
        }

        long found = QueryPlan.For(index, state.Types, condition.Query).AtOrAfter(state.LogPositionOf(condition.After).Value + 1);
        return found <= upTo.Value && found != PositionCursor.None ? new LogPosition(found) : default;
    }

    private StreamChanges Read(StreamChanges stream)
    {
        stream.IsRead = true;
        if (transaction.IsSequenced)
        {
            transaction.DependOn(state.Newest_NeedsSequencer(stream.Tenant, stream.Id).Position);
        }

        return stream;
    }

    private StreamChanges Of(string tenant, StreamId id)
    {
        transaction.ThrowIfDone();
        if (!_streams.TryGetValue((tenant, id), out StreamChanges? stream))
        {
            stream = new StreamChanges(tenant, id, state.VersionAt(tenant, id, transaction.Snapshot));
            _streams.Add((tenant, id), stream);
        }

        return stream;
    }

    // Ordinal: from 1, among what the transaction appends to the stream. Record: index in the batch. Mark: where its head stands there.
    private readonly record struct PendingEvent(StreamChanges Stream, int Ordinal, int Record, int Mark, EncodedEvent Event);

    private sealed class StreamChanges(string tenant, StreamId id, long baseVersion)
    {
        public string Tenant => tenant;

        public StreamId Id => id;

        // As the transaction found it.
        public long Base { get; } = baseVersion;

        public int Appended { get; set; }

        public long Version => Base + Appended;

        // What it would be while a batch is looked at.
        public long Tentative { get; set; } = baseVersion;

        // Something was answered from the version.
        public bool IsRead { get; set; }

        // An append said which version it expects.
        public bool IsFixed { get; set; }

        // When the transaction is sequenced: others may have appended since it looked.
        public long Newest { get; set; }
    }
}
