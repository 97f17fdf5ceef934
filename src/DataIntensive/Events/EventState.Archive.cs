using DataIntensive.Diagnostics;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// Archived streams leave the lists. What is shown, and to whom, their marks alone say; what happens here frees memory, and happens when
// nobody can come who reads how it was before: the mark is fsynced, and no older snapshot is open. It is put off until it is worth making
// the lists anew.
internal sealed partial class EventState
{
    // So many events in the lists for each that can leave them, so that making them anew costs little for each.
    private const int MostListedPerArchived = 16;

    private readonly List<Leaver> _leaving = [];
    private long _leavingEvents;
    private long _archivedEvents;
    private long _leavesFrom = long.MaxValue;
    private Task _archiving = Task.CompletedTask;
    private bool _isArchiving;
    private volatile bool _awaitsFlush;
    private long _listsMade;

    // For tests: until what is due has left.
    public Task Archiving
    {
        get
        {
            lock (Database.Sequencer)
            {
                return _archiving;
            }
        }
    }

    // The events of streams that are kept apart.
    public long ArchivedEvents => Volatile.Read(ref _archivedEvents);

    // How often lists were made anew. When it is the same before a visible position was taken and after the lists were, these have all
    // that is shown there.
    public long ListsMade => Volatile.Read(ref _listsMade);

    public override void ReplayDone()
    {
        Database.Snapshots.Advanced += ArchiveWhenDue;
        Database.Sequenced += TellAppended;
        ArchiveWhenDue();
    }

    // Asked when a mark is visible, when a snapshot is closed, and when a mark that was not flushed is.
    public void ArchiveWhenDue()
    {
        if (!IsArchivingDue() && !IsFlushToBeAwaited())
        {
            return;
        }

        lock (Database.Sequencer)
        {
            if (_isArchiving || Database.IsClosed)
            {
                return;
            }

            if (IsArchivingDue())
            {
                _isArchiving = true;
                _archiving = Task.Run(Archive);
            }
            else if (IsFlushToBeAwaited())
            {
                _awaitsFlush = true;
                AwaitFlush(new LogPosition(_leavesFrom - 1));
            }
        }
    }

    // Before it is said that the stream is restored: the lists have its events then, and nobody is shown them before. They stay there also
    // when it comes to nothing.
    public void TakeBack(TenantIndex tenant, StreamIndex stream)
    {
        ArchivedPositions? archived;
        lock (Database.Sequencer)
        {
            stream.IsHeld_NeedsSequencer = true;
            archived = stream.Archived;
            if (archived is null && !stream.IsHalfArchived_NeedsSequencer)
            {
                return;
            }
        }

        LogPositionList positions = stream.AllPositions();
        SharedLists lists = new(tenant, adds: true);
        using (EventReader reader = new(Database))
        {
            lists.Add(stream, positions, positions.Count, reader);
        }

        lists.Prepare();
        lock (Database.Sequencer)
        {
            long bytes = archived is null ? 0 : BytesOf(lists) - archived.SizeBytes;
            if (!ReferenceEquals(stream.Archived, archived))
            {
                return;
            }

            if (bytes > 0 && Database.StateBytes + bytes > Database.Options.MaxStateBytes)
            {
                stream.IsHeld_NeedsSequencer = false;
                throw new StateFullException(Database.StateBytes, bytes, Database.Options.MaxStateBytes);
            }

            lists.Apply_NeedsSequencer();
            stream.IsHalfArchived_NeedsSequencer = false;
            if (archived is not null)
            {
                stream.Restore_NeedsSequencer(positions);
                _archivedEvents -= positions.Count;
            }

            Resize_NeedsSequencer(bytes);
        }
    }

    private static long BytesOf(SharedLists lists) => (lists.Events * (BytesPerEvent - BytesPerArchivedEvent)) + (lists.Tags * BytesPerTag);

    private void BeginArchiving_NeedsSequencer(TenantIndex tenant, StreamIndex stream)
    {
        if (stream.Mark is { IsArchived: true } mark && stream.Archived is null)
        {
            stream.IsHeld_NeedsSequencer = false;
            _leaving.Add(new Leaver(tenant, stream, mark, stream.Positions.Count));
            Volatile.Write(ref _leavingEvents, _leavingEvents + stream.Positions.Count);
            Volatile.Write(ref _leavesFrom, _leaving[0].Mark.Position.Value);
        }
    }

    private long LeavesUpTo() => Math.Min(DurableUpTo().Value, Database.Snapshots.Oldest);

    // Cheap when there is nothing.
    private bool IsWorthIt() => Volatile.Read(ref _leavingEvents) * MostListedPerArchived is > 0 and var worth && worth >= All.Count - ArchivedEvents;

    private bool IsArchivingDue() => IsWorthIt() && LeavesUpTo() >= Volatile.Read(ref _leavesFrom);

    private bool IsFlushToBeAwaited() => !_awaitsFlush && IsWorthIt() && DurableUpTo().Value < Volatile.Read(ref _leavesFrom);

    // Of its own, since the lambda's closure is made wherever the method begins, and that is with every append.
    private void AwaitFlush(LogPosition before) => _ = Task.Run(() => ArchiveWhenFlushedAsync(before));

    // Ends with the log, whatever becomes of it.
    private async Task ArchiveWhenFlushedAsync(LogPosition before)
    {
        try
        {
            using LogReader reader = Database.Log.OpenReader(before);
            if (!await reader.WaitToReadAsync().ConfigureAwait(false))
            {
                return;
            }

            await Database.WaitVisibleAsync(new LogPosition(before.Value + 1), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Closed or poisoned: nothing is freed any more.
            return;
        }

        _awaitsFlush = false;
        ArchiveWhenDue();
    }

    private void Archive()
    {
        try
        {
            while (GoesOn(isFailed: false))
            {
                ArchiveDue();
            }

            // What is left may wait for its flush.
            ArchiveWhenDue();
        }
        catch (Exception) when (Database.IsClosed)
        {
            // The next opening goes on.
        }
        catch (Exception exception)
        {
            // Only memory is at stake; it is tried again with the next commit.
            LogMessages.ArchivingFailed(Database.Options.LoggerFactory.CreateLogger("DataIntensive.Events"), ToString(), exception);
            GoesOn(isFailed: true);
        }
    }

    private bool GoesOn(bool isFailed)
    {
        lock (Database.Sequencer)
        {
            return _isArchiving = !isFailed && !Database.IsClosed && IsArchivingDue();
        }
    }

    // Nothing is done when something was restored meanwhile.
    private void ArchiveDue()
    {
        Leaver[] leaving = Leaving();
        Dictionary<TenantIndex, SharedLists> lists = [];
        List<ArchivedPositions> archived = [];
        using (EventReader reader = new(Database))
        {
            foreach (Leaver one in leaving)
            {
                if (!lists.TryGetValue(one.Tenant, out SharedLists? shared))
                {
                    lists.Add(one.Tenant, shared = new SharedLists(one.Tenant, adds: false));
                }

                // So many as there were: the stream may be restored and appended to meanwhile, and is left then.
                LogPositionList positions = one.Stream.Positions;
                shared.Add(one.Stream, positions, one.Events, reader);
                archived.Add(ArchivedPositions.Of(positions, one.Events));
            }
        }

        foreach (SharedLists shared in lists.Values)
        {
            shared.Prepare();
        }

        lock (Database.Sequencer)
        {
            if (!leaving.All(one => one.IsLeaving_NeedsSequencer))
            {
                return;
            }

            // Who finds one list without them must find that in all the others.
            Volatile.Write(ref _listsMade, _listsMade + 1);
            Array.ForEach(leaving, one => one.Stream.Positions.NewestArchived = one.Stream.Positions.Newest);
            foreach (SharedLists shared in lists.Values)
            {
                shared.Announce_NeedsSequencer();
            }

            foreach (SharedLists shared in lists.Values)
            {
                shared.Apply_NeedsSequencer();
                Resize_NeedsSequencer(-BytesOf(shared));
                Volatile.Write(ref _archivedEvents, _archivedEvents + shared.Events);
            }

            for (int i = 0; i < leaving.Length; i++)
            {
                leaving[i].Stream.Archive_NeedsSequencer(archived[i]);
                leaving[i].Stream.IsHalfArchived_NeedsSequencer = false;
                Resize_NeedsSequencer(archived[i].SizeBytes);
            }

            Forget_NeedsSequencer();
        }
    }

    // Those that may go now, in the order of their marks.
    private Leaver[] Leaving()
    {
        lock (Database.Sequencer)
        {
            Forget_NeedsSequencer();
            long upTo = LeavesUpTo();
            return [.. _leaving.TakeWhile(one => one.Mark.Position.Value <= upTo)];
        }
    }

    // Those that have left, or are to stay.
    private void Forget_NeedsSequencer()
    {
        _leaving.RemoveAll(one => !one.IsLeaving_NeedsSequencer);
        Volatile.Write(ref _leavingEvents, _leaving.Sum(one => one.Events));
        Volatile.Write(ref _leavesFrom, _leaving.Count == 0 ? long.MaxValue : _leaving[0].Mark.Position.Value);
    }

    private sealed record Leaver(TenantIndex Tenant, StreamIndex Stream, StreamMark Mark, long Events)
    {
        public bool IsLeaving_NeedsSequencer => ReferenceEquals(Stream.Mark, Mark) && Stream.Archived is null && !Stream.IsHeld_NeedsSequencer;
    }
}
