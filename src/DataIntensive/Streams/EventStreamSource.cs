using System.Runtime.CompilerServices;

namespace DataIntensive.Streams;

// The events of a store by their places in the log. Between them it tells how far the log has come, so that a run can reach an
// end that lies behind the last event.
internal sealed class EventStreamSource(DatabaseEventStore events) : IStreamSource<RecordedEvent>
{
    public async IAsyncEnumerable<StreamRecord<RecordedEvent>> ReadAsync(LogPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (SubscriptionStep step in events.SubscribeToLogAsync(after, cancellationToken).ConfigureAwait(false))
        {
            if (step.Event is not { } recorded)
            {
                yield return StreamRecord<RecordedEvent>.NothingUpTo(step.LogPosition);
                continue;
            }

            if (recorded.SubIndex > 0)
            {
                // A run remembers places in the log, and this one has several events.
                throw new InvalidOperationException($"The event '{recorded.Name}' at position {recorded.Position} is one of several that an upcaster made of one: a data stream cannot go on between them.");
            }

            yield return new StreamRecord<RecordedEvent>(recorded, recorded.LogPosition);
        }
    }
}
