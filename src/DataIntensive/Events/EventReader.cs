using DataIntensive.Logs;

namespace DataIntensive.Events;

// Fetches visible events from the log by their positions, best in one direction. What stands close by is read on from frame to frame;
// what stands far off is looked up alone.
internal sealed class EventReader(Database database) : IDisposable
{
    private const int Near = 8;

    private LogReader? _log;

    // False when compaction has removed it.
    public bool TryRead(LogPosition position, out LogRecord record)
    {
        _log ??= database.Log.OpenReader(new LogPosition(position.Value - 1), Durability.Os);
        long distance = position.Value - _log.Position.Value;
        if (distance is < 1 or > Near)
        {
            return _log.TryReadAt(position, out record);
        }

        while (_log.TryRead(out record) && record.Position < position)
        {
        }

        return record.Position == position;
    }

    public void Dispose() => _log?.Dispose();
}
