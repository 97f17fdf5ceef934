using DataIntensive.Logs;

namespace DataIntensive.Events;

// Finds the event of a stream that has an id. What the index suggests is looked up in the log, so the answer is exact.
internal sealed class EventIdLookup(EventState state, string tenant, StreamIndex stream, LogPosition upTo) : IDisposable
{
    private readonly ulong _streamHash = EventIdIndex.Hash(tenant, stream.Id.Value);
    private readonly LogPositionList _positions = stream.AllPositions();
    private EventReader? _reader;

    // Its version; 0 when there is none.
    public long Find(Guid id)
    {
        uint hash = EventIdIndex.Hash(_streamHash, id);
        EventPosition head = state.HeadAt(upTo);
        int? probe = null;
        while (state.Ids.TryFind(hash, head, ref probe, out EventPosition candidate))
        {
            LogPosition position = state.LogPositionOf(candidate);
            long version = _positions.CountUpTo(position);
            if (version > 0 && _positions[version - 1] == position && IdAt(position) == id)
            {
                return version;
            }
        }

        return 0;
    }

    public void Dispose() => _reader?.Dispose();

    // Looked for among the staged ones first: they leave there when they can be read.
    private Guid? IdAt(LogPosition position)
    {
        if (state.StagedIds.TryGetValue(position.Value, out Guid staged))
        {
            return staged;
        }

        _reader ??= new EventReader(state.Database);
        return _reader.TryRead(position, out LogRecord record) ? new EventRecord(record.Body.Span, position).Id : null;
    }
}
