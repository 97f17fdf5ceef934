using System.Runtime.CompilerServices;
using DataIntensive.Events;
using DataIntensive.Logs;

namespace DataIntensive.Streams;

// The events of a store by their places in the log. Between them it tells how far the log has come, so that a run can reach an
// end that lies behind the last event.
internal sealed class EventStreamSource(EventState events) : IStreamSource<RecordedEvent>
{
    public async IAsyncEnumerable<StreamRecord<RecordedEvent>> ReadAsync(LogPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using LogReader reader = events.Database.Log.OpenReader(after);
        do
        {
            LogPosition told = reader.Position;
            while (reader.TryRead(out LogRecord record))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (record.Tag != events.Tag)
                {
                    continue;
                }

                RecordedEvent recorded = events.Decode(record);
                await events.Database.WaitVisibleAsync(record.Position, cancellationToken).ConfigureAwait(false);
                told = record.Position;
                yield return new StreamRecord<RecordedEvent>(recorded, record.Position);
            }

            if (reader.Position > told)
            {
                yield return StreamRecord<RecordedEvent>.NothingUpTo(reader.Position);
            }
        }
        while (await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false));
    }
}
