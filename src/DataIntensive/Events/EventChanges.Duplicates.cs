namespace DataIntensive.Events;

internal sealed partial class EventChanges
{
    // Behind which position the ids of this commit are kept until they can be read from the log.
    private LogPosition _stagedIds;

    // Null when none of the ids is stored. All of them, in their order: the append was done before, whatever else it asked for was true
    // then. Some of them: it is another append, and nothing of it is stored.
    private AppendResult? FindDuplicate(string tenant, EncodedBatch batch)
    {
        List<AppendConflict>? conflicts = null;
        int repeated = 0;
        int appending = 0;
        AppendResult result = new() { IsDuplicate = true };
        for (int i = 0; i < batch.Steps.Count; i++)
        {
            EncodedStep step = batch.Steps[i];
            if (step.Count == 0)
            {
                continue;
            }

            appending++;
            StreamChanges stream = Of(tenant, step.Stream);
            (int found, long first) = FindStored(stream, batch, step);
            if (found == 0)
            {
                continue;
            }

            bool isRepeated = found == step.Count && first > 0;
            if (isRepeated && stream.Status != StreamStatus.Tombstoned && step.Expected.HeldBefore(first - 1, stream.Version, WasOpenedAt(stream, first)))
            {
                result = result with { Version = repeated == 0 ? first + step.Count - 1 : result.Version, Position = PositionOf(stream, first + step.Count - 1) };
                repeated++;
                continue;
            }

            stream.Tentative = (stream.Version, stream.Status);
            (conflicts ??= []).Add(isRepeated ? ConflictOf(stream, step) : ConflictOf(stream, step) with { Kind = AppendConflictKind.EventIds });
        }

        if (repeated > 0 && repeated < appending)
        {
            EncodedStep step = batch.Steps.Find(step => step.Count > 0);
            (conflicts ??= []).Add(ConflictOf(Of(tenant, step.Stream), step) with { Kind = AppendConflictKind.EventIds });
        }

        return conflicts is not null ? Refuse(tenant, batch, conflicts)
            : repeated > 0 ? result
            : null;
    }

    // How many of a step's ids are stored, and as which version the first is if all are, one behind the other.
    private (int Found, long First) FindStored(StreamChanges stream, EncodedBatch batch, in EncodedStep step)
    {
        if (stream.PendingIds is not null && batch.Events.GetRange(step.First, step.Count).Exists(item => item.Id is { } id && stream.PendingIds.Contains(id)))
        {
            // Of an earlier append in the same transaction: not stored yet, and not to be stored twice.
            return (1, 0);
        }

        if (stream.Find(_state) is not { } index)
        {
            return default;
        }

        int found = 0;
        long first = 0;
        using EventIdLookup lookup = new(_state, stream.Tenant, index, _transaction.Snapshot);
        for (int i = 0; i < step.Count; i++)
        {
            long version = batch.Events[step.First + i].Id is { } id ? lookup.Find(id) : 0;
            found += version > 0 ? 1 : 0;
            first = i == 0 ? version : version == first + i ? first : 0;
        }

        return (found, first);
    }

    private static void Remember(StreamChanges stream, EncodedBatch batch, in EncodedStep step)
    {
        for (int i = step.First; i < step.First + step.Count; i++)
        {
            if (batch.Events[i].Id is { } id)
            {
                (stream.PendingIds ??= []).Add(id);
            }
        }
    }

    private bool HasStoredIds(StreamChanges stream)
    {
        if (stream.PendingIds is null || stream.Find(_state) is not { } index)
        {
            return false;
        }

        using EventIdLookup lookup = new(_state, stream.Tenant, index, Newest);
        return stream.PendingIds.Any(id => lookup.Find(id) > 0);
    }

    private bool WasOpenedAt(StreamChanges stream, long version) =>
        stream.Find(_state)?.MarkAt(_transaction.Snapshot) is { DeletedAt: > 0 and var deletedAt } && deletedAt == version - 1;

    private EventPosition PositionOf(StreamChanges stream, long version)
    {
        LogPosition position = stream.Find(_state)!.PositionOf(version);
        _transaction.DependOn(position);
        return _state.HeadAt(position);
    }
}
