using DataIntensive.Logs;

namespace DataIntensive;

public sealed partial class CommitLog
{
    private TaskCompletionSource? _advanced;

    internal LogSegment[] Segments => Volatile.Read(ref _segments);

    // Null when none is wanted, and when the log is closed.
    internal RecordCache? Cache { get; private set; }

    internal LogPosition First => new(Volatile.Read(ref _firstPosition));

    // Without the lock: readers ask for each record, and what is before the position was written before.
    internal LogPosition ReadableUpTo(Durability upTo) => new(Volatile.Read(ref upTo == Durability.Disk ? ref _durable : ref _visible));

    // Null when there is something to read behind the position; a failed log throws, a closed one gives a finished false.
    internal Task<bool>? WaitBehind(LogPosition after, Durability upTo, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if ((upTo == Durability.Disk ? _durable : _visible) > after.Value)
            {
                return null;
            }

            if (_failure is not null)
            {
                throw new LogPoisonedException(_storage.Location, _failure, outcomeUnknown: false);
            }

            if (_closing)
            {
                return Task.FromResult(false);
            }

            _advanced ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return AwaitAdvance(_advanced.Task, cancellationToken);
        }

        static async Task<bool> AwaitAdvance(Task advanced, CancellationToken cancellationToken)
        {
            await advanced.WaitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    private void WakeReaders_NeedsLock()
    {
        _advanced?.TrySetResult();
        _advanced = null;
    }

    private void ReleaseWaiters()
    {
        lock (_gate)
        {
            WakeReaders_NeedsLock();
            ReleaseRoomWaiters_NeedsLock();
        }
    }
}
