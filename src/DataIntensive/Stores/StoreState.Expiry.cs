using DataIntensive.Diagnostics;

namespace DataIntensive.Stores;

// Keys that end by themselves. A timer runs only while there are deadlines, and a sweep that finds nothing due writes nothing.
internal sealed partial class StoreState<TKey, TValue>
{
    private const int SweepBatch = 256;
    private const int SparedDeadlines = 1024;

    // Soonest first. A key that was written again or deleted leaves its former deadline behind, which is passed over.
    private readonly PriorityQueue<(TKey Key, long Revision), long> _deadlines = new();
    private int _expiring;
    private ITimer? _sweepTimer;
    private bool _isSweepDue;
    private bool _isStopped;

    public override void Stop()
    {
        lock (Database.Sequencer)
        {
            _isStopped = true;
            _sweepTimer?.Dispose();
        }
    }

    // Whenever the newest version of a key changes; the default when the key is gone.
    private void Track_NeedsSequencer(TKey key, in SlotCopy<StoreVersion<TValue>> before, in SlotCopy<StoreVersion<TValue>> now)
    {
        _expiring -= before.Content.DeadlineTicks > 0 ? 1 : 0;
        if (now.Content.DeadlineTicks > 0)
        {
            _expiring++;
            _deadlines.Enqueue((key, now.Revision), now.Content.DeadlineTicks);
            if (_deadlines.Count > (2 * _expiring) + SparedDeadlines)
            {
                DropFormerDeadlines_NeedsSequencer();
            }
        }
    }

    private void DropFormerDeadlines_NeedsSequencer()
    {
        List<((TKey Key, long Revision) Entry, long Deadline)> current = [.. _deadlines.UnorderedItems.Where(item => IsCurrent(item.Element))];
        _deadlines.Clear();
        _deadlines.EnqueueRange(current);
    }

    private bool IsCurrent((TKey Key, long Revision) entry) => ReadNewest(entry.Key).Revision == entry.Revision;

    private void ArmSweep_NeedsSequencer()
    {
        if (!_isStopped && !_isSweepDue && _deadlines.Count > 0)
        {
            _isSweepDue = true;
            _sweepTimer ??= Database.TimeProvider.CreateTimer(static state => _ = ((StoreState<TKey, TValue>)state!).SweepAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _sweepTimer.Change(Options.SweepInterval, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task SweepAsync()
    {
        bool goesOn = true;
        try
        {
            while (await SweepBatchAsync().ConfigureAwait(false) == SweepBatch)
            {
            }
        }
        catch (InvalidOperationException)
        {
            // Closed, or opened to be read only.
            goesOn = false;
        }
        catch (Exception exception)
        {
            // A full disk may have space at the next interval. What is due stays so.
            LogMessages.SweepFailed(Database.Options.LoggerFactory.CreateLogger("DataIntensive.Stores"), ToString(), exception);
        }

        lock (Database.Sequencer)
        {
            _isSweepDue = !goesOn;
            ArmSweep_NeedsSequencer();
        }
    }

    private async ValueTask<int> SweepBatchAsync()
    {
        (int ended, _) = await Database.RunInSequencerAsync(
            static (transaction, state) => state.EndDue_NeedsSequencer(transaction),
            this,
            durability: null,
            CancellationToken.None).ConfigureAwait(false);
        return ended;
    }

    private int EndDue_NeedsSequencer(DatabaseTransaction transaction)
    {
        long now = Database.TimeProvider.GetUtcNow().UtcTicks;
        StoreChanges<TKey, TValue> changes = transaction.Changes(this, StoreChanges<TKey, TValue>.Of);
        List<((TKey Key, long Revision) Entry, long Deadline)> due = [];
        while (due.Count < SweepBatch && _deadlines.TryPeek(out (TKey Key, long Revision) entry, out long deadline) && deadline <= now)
        {
            _deadlines.Dequeue();
            if (IsCurrent(entry))
            {
                changes.Delete(entry.Key);
                due.Add((entry, deadline));
            }
        }

        // The commit may yet be refused: they stay until it is staged, from when on they are passed over.
        _deadlines.EnqueueRange(due);
        return due.Count;
    }
}
