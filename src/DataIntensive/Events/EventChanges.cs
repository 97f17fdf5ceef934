using DataIntensive.Transactions;

namespace DataIntensive.Events;

// What one transaction read and appended of one event store.
internal sealed class EventChanges(EventState state, DatabaseTransaction transaction) : StateChanges
{
    private readonly Dictionary<StreamId, StreamChanges> _streams = [];
    private readonly List<PendingEvent> _events = [];
    private long _micros;

    public EventTypes Types => state.Types;

    public long Version(StreamId stream)
    {
        stream.ThrowIfDefault(nameof(stream));
        return Read(stream).Version;
    }

    public AppendResult Append(EncodedEvents events, ExpectedVersion expected)
    {
        StreamChanges stream = Of(events.Stream);
        bool matches = expected.Matches(stream.Version);
        stream.IsFixed |= matches && expected.FixesVersion;
        if (!matches || events.Count == 0)
        {
            // Only looked at: the answer rests on what was found.
            Read(stream.Id);
            return new AppendResult(stream.Id, expected, matches, stream.Version, Position: default);
        }

        for (int i = 0; i < events.Count; i++)
        {
            (int record, int mark) = events.WriteTo(transaction.Batch, state.Tag, i);
            _events.Add(new PendingEvent(stream, ++stream.Appended, record, mark));
        }

        return transaction.IsSequenced
            ? new AppendResult(stream.Id, expected, Succeeded: true, stream.Version, new EventPosition(state.All.Count + _events.Count))
            : new AppendResult(stream.Id, expected, Succeeded: true, stream.IsFixed || stream.IsRead ? stream.Version : 0, Position: default);
    }

    // A stream's own cost comes with its first event.
    public override long GrowthBytes_NeedsSequencer()
    {
        long growth = _events.Count * EventState.BytesPerEvent;
        foreach (StreamChanges stream in _streams.Values)
        {
            growth += stream.Appended > 0 && state.Of(stream.Id) is null ? EventState.BytesOf(stream.Id) : 0;
        }

        return growth;
    }

    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot)
    {
        foreach (StreamChanges stream in _streams.Values)
        {
            bool mustHold = stream.IsFixed || (stream.IsRead && isolation == TransactionIsolation.Serializable);
            (long version, LogPosition position) = state.Newest_NeedsSequencer(stream.Id);
            if (mustHold && version != stream.Base)
            {
                return new TransactionConflict(state.ToString(), stream.Id.Value, position);
            }
        }

        return null;
    }

    // Nothing of this counts before the log has taken the batch: an append that fails or is refused uses up no number.
    public override void Prepare_NeedsSequencer()
    {
        foreach (StreamChanges stream in _streams.Values)
        {
            stream.Newest = state.Newest_NeedsSequencer(stream.Id).Version;
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
            state.Stage_NeedsSequencer(pending.Stream.Id, new LogPosition(first.Value + pending.Record), _micros);
        }
    }

    // Readers take of the lists what is at or before the visible position, which has advanced.
    public override void Publish()
    {
    }

    private StreamChanges Read(StreamId id)
    {
        StreamChanges stream = Of(id);
        stream.IsRead = true;
        if (transaction.IsSequenced)
        {
            transaction.DependOn(state.Newest_NeedsSequencer(id).Position);
        }

        return stream;
    }

    private StreamChanges Of(StreamId id)
    {
        transaction.ThrowIfDone();
        if (!_streams.TryGetValue(id, out StreamChanges? stream))
        {
            stream = new StreamChanges(id, state.VersionAt(id, transaction.Snapshot));
            _streams.Add(id, stream);
        }

        return stream;
    }

    // Ordinal: from 1, among what the transaction appends to the stream. Record: index in the batch. Mark: where its head stands there.
    private readonly record struct PendingEvent(StreamChanges Stream, int Ordinal, int Record, int Mark);

    private sealed class StreamChanges(StreamId id, long baseVersion)
    {
        public StreamId Id => id;

        // As the transaction found it.
        public long Base => baseVersion;

        public int Appended { get; set; }

        public long Version => Base + Appended;

        // Something was answered from the version.
        public bool IsRead { get; set; }

        // An append said which version it expects.
        public bool IsFixed { get; set; }

        // When the transaction is sequenced: others may have appended since it looked.
        public long Newest { get; set; }
    }
}
