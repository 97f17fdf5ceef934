using DataIntensive.Logs;

namespace DataIntensive.Events;

// Fetches visible events from the log by their positions, best in one direction. What stands far off is looked up alone, with the few
// that follow close by, so that the log's cache serves short streams; a longer run is read on from frame to frame.
internal sealed class EventReader(Database database) : IDisposable
{
    private const int Near = 8;
    private const int ShortRun = 8;

    private LogReader? _log;
    private int _run;

    // False when compaction has removed it.
    public bool TryRead(LogPosition position, out LogRecord record)
    {
        _log ??= database.Log.OpenReader(new LogPosition(position.Value - 1), Durability.Os);
        long distance = position.Value - _log.Position.Value;
        _run = distance is < 1 or > Near ? 1 : _run + 1;
        if (_run <= ShortRun)
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
