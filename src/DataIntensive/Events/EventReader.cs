using System.Diagnostics;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// Fetches visible events from the log by their positions, best in ascending order.
internal sealed class EventReader(EventState state) : IDisposable
{
    // Seeking checks a whole frame again; stepping over a few records of the same frame is cheaper.
    private const int MostSteps = 256;

    private LogReader? _log;

    public RecordedEvent Read(LogPosition position)
    {
        LogPosition before = new(position.Value - 1);
        _log ??= state.Database.Log.OpenReader(before, Durability.Os);
        if (_log.Position > before || before.Value - _log.Position.Value > MostSteps)
        {
            _log.Seek(before);
        }

        while (_log.TryRead(out LogRecord record))
        {
            if (record.Position == position)
            {
                return state.Decode(record);
            }
        }

        throw new UnreachableException($"The visible event at position {position} is not in the log.");
    }

    public void Dispose() => _log?.Dispose();
}
