using System.Diagnostics;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// Fetches visible events from the log by their positions, best in ascending order.
internal sealed class EventReader(EventState state) : IDisposable
{
    private LogReader? _log;

    public RecordedEvent Read(LogPosition position)
    {
        _log ??= state.Database.Log.OpenReader(new LogPosition(position.Value - 1), Durability.Os);
        return _log.TryReadAt(position, out LogRecord record)
            ? state.Decode(record)
            : throw new UnreachableException($"The visible event at position {position} is not in the log.");
    }

    public void Dispose() => _log?.Dispose();
}
