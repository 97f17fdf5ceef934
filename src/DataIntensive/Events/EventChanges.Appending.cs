using System.Runtime.InteropServices;

namespace DataIntensive.Events;

internal sealed partial class EventChanges
{
    // Looks at everything before it takes anything: an append is taken as a whole.
    public AppendResult Append(string tenant, EncodedBatch batch)
    {
        _transaction.ThrowIfDone();
        if (batch.HasIds && FindDuplicate(tenant, batch) is { } duplicate)
        {
            return duplicate;
        }

        List<AppendConflict>? conflicts = null;
        foreach (ref readonly EncodedStep step in CollectionsMarshal.AsSpan(batch.Steps))
        {
            StreamChanges stream = Of(tenant, step.Stream);
            if (!step.Expected.Holds(stream.Tentative.Version, stream.Tentative.Status, step.WritesTo(stream.Tentative.Status)))
            {
                (conflicts ??= []).Add(ConflictOf(stream, step));
            }

            stream.Tentative = step.After(stream.Tentative);
        }

        foreach (ref readonly EncodedStep step in CollectionsMarshal.AsSpan(batch.Steps))
        {
            StreamChanges stream = Of(tenant, step.Stream);
            stream.Tentative = (stream.Version, stream.Status);
        }

        foreach (AppendCondition condition in batch.Conditions)
        {
            if (FindRuledOut(tenant, condition, _transaction.Snapshot) is { Value: > 0 } found)
            {
                _transaction.DependOn(found);
                (conflicts ??= []).Add(new AppendConflict(AppendConflictKind.Condition, default, default, 0, default, _state.HeadAt(found)));
            }
        }

        return conflicts is null ? Take(tenant, batch) : Refuse(tenant, batch, conflicts);
    }

    private static AppendConflict ConflictOf(StreamChanges stream, in EncodedStep step) =>
        new(
            AppendConflict.KindOf(stream.Tentative.Status, step.WritesTo(stream.Tentative.Status)),
            step.Stream,
            step.Expected,
            stream.Tentative.Version,
            stream.Tentative.Status,
            Position: default);

    private AppendResult Take(string tenant, EncodedBatch batch)
    {
        foreach (AppendCondition condition in batch.Conditions)
        {
            (_conditions ??= []).Add((tenant, condition));
            if (batch.Events.Count == 0 && _transaction.IsSequenced)
            {
                _transaction.DependOn(_state.All.Newest);
            }
        }

        for (int index = 0; index < batch.Steps.Count; index++)
        {
            ref readonly EncodedStep step = ref CollectionsMarshal.AsSpan(batch.Steps)[index];
            StreamChanges stream = Of(tenant, step.Stream);
            stream.IsFixed |= step.Expected.FixesVersion;
            stream.MustExist |= step.Expected.NeedsStream && stream.Appended == 0;
            stream.IsWritten |= step.Count > 0;
            if (step.Kind == BatchStepKind.Mark)
            {
                TakeMark(stream, batch, index);
            }
            else if (step.Count == 0)
            {
                // Only looked at: the answer rests on what was found.
                Read(stream);
            }

            if (batch.HasIds)
            {
                Remember(stream, batch, step);
            }

            for (int i = step.First; i < step.First + step.Count; i++)
            {
                (int record, int offset) = batch.WriteTo(_transaction.Batch, _state.Tag, i);
                _records.Add(new PendingRecord(stream, ++stream.Appended, record, offset, batch, IsEvent: true, i));
                _events++;
            }

            stream.Status = step.After((stream.Version, stream.Status)).Status;
            stream.Tentative = (stream.Version, stream.Status);
        }

        return new AppendResult
        {
            Version = batch.Steps.Count == 0 ? 0 : VersionOf(Of(tenant, batch.Steps[0].Stream)),
            Versions = VersionsOf(tenant, batch),
            Position = _transaction.IsSequenced && batch.Events.Count > 0 ? new EventPosition(_state.All.Count + _events) : default,
        };
    }

    private void TakeMark(StreamChanges stream, EncodedBatch batch, int index)
    {
        EncodedStep step = batch.Steps[index];
        bool doesNothing = step.Marking switch
        {
            StreamMarking.Deleted or StreamMarking.Archived => stream.Status is not StreamStatus.Live,
            StreamMarking.Restored => stream.Status is not StreamStatus.Archived,
            _ => false,
        };
        if (doesNothing)
        {
            Read(stream);
            return;
        }

        if (step.Marking == StreamMarking.Restored && stream.Find(_state) is { } archived)
        {
            // Before it is said: who sees that finds the events.
            _state.TakeBack(stream.TenantIndex!, archived);
            stream.IsRestored = true;
        }

        stream.IsWritten = true;

        _transaction.Batch.BeginRecord(_state.Tag);
        int offset = _transaction.Batch.MarkHere();
        StreamMarkRecord.Write(_transaction.Batch, stream.Tenant, stream.Id, step.Marking, step.Retention);
        _records.Add(new PendingRecord(stream, stream.Appended, _transaction.Batch.EndRecord(), offset, batch, IsEvent: false, index));
    }

    private AppendResult Refuse(string tenant, EncodedBatch batch, List<AppendConflict> conflicts)
    {
        foreach (ref readonly EncodedStep step in CollectionsMarshal.AsSpan(batch.Steps))
        {
            Read(Of(tenant, step.Stream));
        }

        return new AppendResult
        {
            Version = batch.Steps.Count == 0 ? 0 : Of(tenant, batch.Steps[0].Stream).Version,
            Versions = VersionsOf(tenant, batch),
            Conflicts = conflicts,
        };
    }

    private IReadOnlyList<StreamVersion> VersionsOf(string tenant, EncodedBatch batch) => batch.Steps.Count < 2 ? [] : VersionsOfAll(tenant, batch);

    // Of its own, since the lambda's closure is made wherever the method begins.
    private IReadOnlyList<StreamVersion> VersionsOfAll(string tenant, EncodedBatch batch) =>
        [.. batch.Steps.Select(step => step.Stream).Distinct().Select(stream => new StreamVersion(stream, VersionOf(Of(tenant, stream))))];

    private long VersionOf(StreamChanges stream) => _transaction.IsSequenced || stream.IsFixed || stream.IsRead ? stream.Version : 0;

    // The first event at or before a position that a condition rules out.
    private LogPosition FindRuledOut(string tenant, AppendCondition condition, LogPosition upTo)
    {
        EventPosition head = _state.HeadAt(upTo);
        if (condition.After > head)
        {
            throw new ArgumentOutOfRangeException(nameof(condition), condition.After, $"The newest event is at position {head}.");
        }

        if (_state.Of(tenant) is not { } index)
        {
            return default;
        }

        LogPosition after = _state.LogPositionOf(condition.After);
        long found = QueryPlan.For(index, _state.Types, condition.Query).AtOrAfter(after.Value + 1);
        if (found <= upTo.Value && found != PositionCursor.None)
        {
            return new LogPosition(found);
        }

        // Of archived events only the newest of each list is known: what may be one is taken for one.
        LogPosition archived = QueryPlan.NewestArchived(index, _state.Types, condition.Query);
        return archived > after ? archived : default;
    }
}
