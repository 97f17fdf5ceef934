using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive;

// What of the log is no longer needed: whole segments at its beginning, or single records in between.
public sealed partial class Database
{
    /// <summary>
    /// How far the log can be trimmed: <see cref="TrimAsync"/> before this position is allowed. Bound by the older of the two state
    /// snapshots, by owners that read their records again, and by consumers with a checkpoint.
    /// </summary>
    public LogPosition TrimmableBefore => MostNeeding().Before;

    /// <summary>
    /// Gives up the log before a position, by whole segments, so that some before it may stay. What the states were made from is in the
    /// state snapshots then.
    /// </summary>
    /// <param name="before">Records at or behind it stay.</param>
    /// <param name="cancellationToken">Stops the waiting for a write or a state snapshot that is under way.</param>
    /// <exception cref="HistoryNeededException">Somebody needs what would go. Nothing was changed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="before"/> lies further than one behind the durable end.</exception>
    public async ValueTask TrimAsync(LogPosition before, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await MaintainAsync(
            async stop =>
            {
                (LogPosition allowed, string holder) = MostNeeding();
                if (before > allowed)
                {
                    throw new HistoryNeededException(before, holder, allowed);
                }

                await Log.TrimAsync(before, stop).ConfigureAwait(false);
                return before;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes records from old segments of the log that nobody needs any more: what both state snapshots hold and no consumer with a
    /// checkpoint has yet to read. Positions stay. Watches from before what was removed get <see cref="LogHistoryGoneException"/>, which
    /// names where to go on.
    /// </summary>
    /// <param name="options">How far to go; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between records; what was finished stays finished.</param>
    /// <returns>What was done.</returns>
    /// <remarks>Records of events stay, as long as their streams do, and those of owners that the schema does not declare.</remarks>
    /// <exception cref="InvalidOperationException">The log is not in files, or was opened to be read only.</exception>
    /// <exception cref="LogFullException">There is no space to write a segment anew. Nothing was changed.</exception>
    public async ValueTask<LogCompactionReport> CompactAsync(LogCompactionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CommitLog log = WritableLog();
        options ??= new LogCompactionOptions();
        return await MaintainAsync(
            async stop =>
            {
                LogPosition keepFrom = CompactableBefore();
                keepFrom = options.KeepFrom is { } asked && asked < keepFrom ? asked : keepFrom;
                await BeginHistoryAsync(new LogPosition(keepFrom.Value - 1), stop).ConfigureAwait(false);
                LogCompactionOptions bounded = new() { KeepFrom = keepFrom, MaxLiveRatio = options.MaxLiveRatio, MaxWrittenBytes = options.MaxWrittenBytes };
                return await log.CompactAsync(IsAlive, bounded, stop).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    // At or before the position some records with the tag may be gone.
    internal LogPosition HistoryAfter(uint tag)
    {
        LogPosition trimmed = new(Log.Range.First.Value - 1);
        LogPosition compacted = _owners[(int)tag].HistoryAfter;
        return compacted > trimmed ? compacted : trimmed;
    }

    internal void ThrowIfHistoryGone(uint tag, LogPosition after)
    {
        if (HistoryAfter(tag) is var history && after < history)
        {
            throw new LogHistoryGoneException(after, history);
        }
    }

    // Compaction may have passed by the place where a reader is. It says so before it begins, and the reader is told of what is missing.
    internal void ThrowIfHistoryGone(uint tag, in LogRecord record)
    {
        if (record.RemovedBefore > 0)
        {
            ThrowIfHistoryGone(tag, new LogPosition(record.Position.Value - record.RemovedBefore - 1));
        }
    }

    private CommitLog WritableLog() =>
        Log is CommitLog { IsWritable: true } log ? log
        : throw new InvalidOperationException(Log is CommitLog ? "The database was opened to be read only." : "The log of this database is not in files.");

    // From where on the log is needed, and by whom.
    private (LogPosition Before, string Holder) MostNeeding()
    {
        LogPosition end = new(Log.Range.Durable.Value + 1);
        (LogPosition Before, string Holder) most = (end, "the end");
        foreach (RecordOwner owner in _owners.Skip(1).Where(owner => owner.State is null && owner.Records > 0))
        {
            Need(new LogPosition(1), $"{owner}, which is not declared,");
        }

        foreach (DerivedState state in _states.Values)
        {
            if (state.NeededFrom is { } from)
            {
                Need(from, state.ToString());
            }

            if (Log is CommitLog && state.SnapshotForm == 0)
            {
                Need(new LogPosition(1), $"{state}, which is not kept in state snapshots,");
            }
        }

        foreach (LogHolder holder in _states.Values.SelectMany(state => state.Holders))
        {
            Need(new LogPosition(holder.After.Value + 1), holder.Name);
        }

        if (Log is CommitLog)
        {
            Need(new LogPosition(HeldBySnapshots().Value + 1), StateSnapshots.Count < KeptStateSnapshots ? $"opening without {KeptStateSnapshots} state snapshots" : "the older state snapshot");
        }

        return most;

        void Need(LogPosition from, string holder) => most = from < most.Before ? (from, holder) : most;
    }

    // What a single damaged file cannot take away.
    private LogPosition HeldBySnapshots() => StateSnapshots.Count < KeptStateSnapshots ? default : StateSnapshots[^1].Position;

    private LogPosition CompactableBefore()
    {
        LogPosition after = HeldBySnapshots();
        foreach (LogHolder holder in _states.Values.SelectMany(state => state.Holders))
        {
            after = holder.After < after ? holder.After : after;
        }

        return new LogPosition(after.Value + 1);
    }

    // Said in the log before it is so: without the state snapshots nobody can take what is left for everything.
    private async ValueTask BeginHistoryAsync(LogPosition after, CancellationToken cancellationToken)
    {
        List<RecordOwner> losing = [.. _owners.Skip(1).Where(owner => owner.State is { LosesHistory: true } && owner.HistoryAfter < after)];
        if (losing.Count == 0)
        {
            return;
        }

        await RunInSequencerAsync(
            static (transaction, call) =>
            {
                foreach (RecordOwner owner in call.Losing)
                {
                    transaction.Batch.BeginRecord(SchemaTag);
                    transaction.Batch.WriteByte(HistoryBegun);
                    transaction.Batch.WriteVarint(owner.State!.Tag);
                    transaction.Batch.WriteVarint((ulong)call.After.Value);
                    transaction.Batch.EndRecord();
                }

                return true;
            },
            (Losing: losing, After: after),
            Durability.Disk,
            cancellationToken).ConfigureAwait(false);
        losing.ForEach(owner => owner.HistoryAfter = after);
    }

    private bool IsAlive(in LogRecord record)
    {
        if (record.Tag == SchemaTag || _owners[(int)record.Tag] is not { State: { } state } owner)
        {
            return true;
        }

        return (state.LosesHistory && record.Position > owner.HistoryAfter) || state.IsAlive(record);
    }
}
