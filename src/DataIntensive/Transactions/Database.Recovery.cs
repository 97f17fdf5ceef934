using DataIntensive.Diagnostics;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Transactions;

namespace DataIntensive;

// Opening: the newest good state snapshot, then the log behind it. Without a snapshot, all of the log.
public sealed partial class Database
{
    // Tag 0 is the database's own: who owns which tag, that it was restored, and what compaction may remove.
    private const uint SchemaTag = 0;
    private const byte OwnerDeclared = 1;
    private const byte HistoryBegun = 3;

    private void Recover(DatabaseSchema schema, CancellationToken cancellationToken)
    {
        List<string> ignored = [];
        LogCorruptException? damage = null;
        _snapshotAfterBytes = long.MaxValue;
        LogPosition loaded = Log is CommitLog log ? LoadNewestSnapshot(log, schema, ignored, ref damage, cancellationToken) : default;
        if (loaded == LogPosition.Start)
        {
            MakeStates(schema);
        }

        long replayed = 0;
        try
        {
            if (_owners.Skip(1).Any(owner => owner.LoadedUpTo < loaded))
            {
                // Of some owners the snapshot holds nothing: theirs are read from the beginning.
                replayed = Replay(new LogPosition(Log.Range.First.Value - 1), loaded, cancellationToken);
            }

            replayed += Replay(loaded, Log.Range.Visible, cancellationToken);
        }
        catch (LogHistoryGoneException) when (damage is not null)
        {
            throw damage;
        }

        _visible = Log.Range.Visible.Value;
        DeclareNewOwners();
        foreach (DerivedState state in _states.Values)
        {
            state.ReplayDone();
        }

        Recovery = new DatabaseRecovery(loaded, replayed, ignored);
        _unregistered = new SortedDictionary<string, long>(_owners.Skip(1).Where(owner => owner.State is null).ToDictionary(owner => owner.ToString(), owner => owner.Records), StringComparer.Ordinal);
        foreach ((string owner, long records) in _unregistered.Where(owner => owner.Value > 0))
        {
            LogMessages.UnregisteredOwner(_logger, owner, records);
        }
    }

    private void MakeStates(DatabaseSchema schema)
    {
        _states.Clear();
        _owners.Clear();
        _owners.Add(new RecordOwner("schema", "", ""));
        Interlocked.Exchange(ref _stateBytes, 0);
        Incarnation = default;
        foreach (Func<Database, DerivedState> create in schema.Declared)
        {
            DerivedState state = create(this);
            _states.Add((state.Kind, state.Name), state);
        }
    }

    // The position of what was loaded; the start when there is none. Snapshots that cannot be of this log's past are deleted before
    // anything is written: the log may reach their positions with other commits.
    private LogPosition LoadNewestSnapshot(CommitLog log, DatabaseSchema schema, List<string> ignored, ref LogCorruptException? damage, CancellationToken cancellationToken)
    {
        LogPosition loaded = default;
        List<StateSnapshotFile> kept = [];
        List<StateSnapshotFile> unfinishedOrAhead = [];
        foreach (StateSnapshotFile file in StateSnapshotFile.In(log.Storage))
        {
            if (loaded != LogPosition.Start)
            {
                // Older than a good one: only kept.
                kept.Add(file);
                continue;
            }

            string? reason = file.Position > log.Range.Visible ? $"the log ends at position {log.Range.Visible}" : null;
            try
            {
                if (reason is null && TryLoad(log, file, schema, cancellationToken))
                {
                    loaded = file.Position;
                    kept.Add(file);
                    continue;
                }

                unfinishedOrAhead.Add(file);
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or SchemaMismatchException))
            {
                damage ??= exception as LogCorruptException;
                reason = exception.Message;
            }

            if (reason is not null)
            {
                ignored.Add($"{file.Name}: {reason}");
                LogMessages.StateSnapshotIgnored(_logger, file.Name, reason);
            }
        }

        if (log.IsWritable)
        {
            DeleteSnapshots(log.Storage, [.. unfinishedOrAhead, .. kept.Skip(KeptStateSnapshots)]);
            _snapshotAfterBytes = Math.Max(_options.StateSnapshotBytes, kept is [StateSnapshotFile newest, ..] ? newest.LengthIn(log.Storage) : 0);
        }

        _stateSnapshots = [.. kept.Take(KeptStateSnapshots)];
        return loaded;
    }

    // False when it was never finished.
    private bool TryLoad(CommitLog log, StateSnapshotFile name, DatabaseSchema schema, CancellationToken cancellationToken)
    {
        using IStorageFile file = log.Storage.Open(name.Name, StorageOpenMode.Read);
        if (!StateSnapshotFile.HasHeader(file))
        {
            return false;
        }

        MakeStates(schema);
        StateSnapshotBlocks blocks = new(name, file, log.LogId);
        while (blocks.Next() != StateSnapshotBlock.End)
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (blocks.Kind)
            {
                case StateSnapshotBlock.Database:
                    _owners.AddRange(StateSnapshotWriting.ReadOwners(blocks.Content.Span, OwnerOf, out Guid incarnation));
                    Incarnation = incarnation;
                    TakeOwners(name.Position);
                    break;
                case StateSnapshotBlock.State:
                    LoadState(blocks, name.Position);
                    break;
            }
        }

        return true;
    }

    private void TakeOwners(LogPosition at)
    {
        for (int tag = 1; tag < _owners.Count; tag++)
        {
            RecordOwner owner = _owners[tag];
            owner.State?.Tag = (uint)tag;
            if (owner.State is null && owner.Records != RecordOwner.Unknown)
            {
                owner.LoadedUpTo = at;
            }
            else
            {
                owner.Records = 0;
            }
        }
    }

    private void LoadState(StateSnapshotBlocks blocks, LogPosition at)
    {
        (uint tag, byte form) = StateSnapshotWriting.ReadState(blocks.Content.Span);
        RecordOwner owner = _owners[(int)tag];
        if (owner.State is { SnapshotForm: > 0 } state)
        {
            if (form > state.SnapshotForm)
            {
                throw new LogFormatException($"The {owner} is kept in form {form}; this version knows form {state.SnapshotForm}. Use a newer version of the library.");
            }

            state.ReadSnapshot(blocks, form, at);
            owner.LoadedUpTo = at;
        }

        while (blocks.TryReadBlock(out _))
        {
        }
    }

    private long Replay(LogPosition after, LogPosition upTo, CancellationToken cancellationToken)
    {
        long replayed = 0;
        long bytes = 0;
        using LogReader reader = Log.OpenReader(after, Durability.Os);
        while (reader.Position < upTo && reader.TryRead(out LogRecord record))
        {
            if (record.EndsCommit)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (record.Tag == SchemaTag)
            {
                ReadOwn(record);
                continue;
            }

            RecordOwner owner = _owners[(int)record.Tag];
            if (record.Position <= owner.LoadedUpTo)
            {
                continue;
            }

            if (owner.State is null)
            {
                owner.Records++;
                continue;
            }

            owner.State.Replay(record);
            replayed++;
            bytes += RecordFormat.HeaderBytes + record.Body.Length;
        }

        Interlocked.Add(ref _bytesSinceSnapshot, bytes);
        return replayed;
    }

    private void ReadOwn(in LogRecord record)
    {
        SpanReader reader = new(record.Body.Span);
        byte what = reader.ReadByte();
        switch (what)
        {
            case OwnerDeclared:
                ReadOwner(ref reader, record.Position);
                break;
            case IncarnationBegun:
                Incarnation = new Guid(reader.Rest);
                break;
            case HistoryBegun:
                ReadHistory(ref reader);
                break;
            default:
                throw new LogFormatException($"The record at position {record.Position} is of an unknown kind {what}. Use a newer version of the library.");
        }
    }

    private void ReadOwner(ref SpanReader reader, LogPosition position)
    {
        uint tag = (uint)reader.ReadVarint();
        if (tag < _owners.Count)
        {
            // The snapshot told it already.
            return;
        }

        RecordOwner owner = OwnerOf(reader.ReadString(), reader.ReadString(), reader.ReadString());
        owner.Records = 0;
        owner.LoadedUpTo = position;
        owner.State?.Tag = tag;
        _owners.Add(owner);
    }

    // What compaction may have removed can only come from a state snapshot.
    private void ReadHistory(ref SpanReader reader)
    {
        RecordOwner owner = _owners[(int)reader.ReadVarint()];
        LogPosition historyAfter = new((long)reader.ReadVarint());
        owner.HistoryAfter = historyAfter > owner.HistoryAfter ? historyAfter : owner.HistoryAfter;
        if (owner.State is not null && owner.LoadedUpTo < historyAfter)
        {
            throw new LogHistoryGoneException(owner.LoadedUpTo, historyAfter);
        }
    }

    private RecordOwner OwnerOf(string kind, string name, string type)
    {
        _states.TryGetValue((kind, name), out DerivedState? state);
        return state is null || state.Type == type
            ? new RecordOwner(kind, name, type) { State = state }
            : throw new SchemaMismatchException(state.ToString(), type, state.Type);
    }

    private void DeclareNewOwners()
    {
        LogBatch batch = new();
        foreach (DerivedState state in _states.Values.Where(state => state.Tag == SchemaTag))
        {
            state.Tag = (uint)_owners.Count;
            _owners.Add(new RecordOwner(state.Kind, state.Name, state.Type) { State = state, Records = 0 });
            batch.BeginRecord(SchemaTag);
            batch.WriteByte(OwnerDeclared);
            batch.WriteVarint(state.Tag);
            batch.WriteString(state.Kind);
            batch.WriteString(state.Name);
            batch.WriteString(state.Type);
            batch.EndRecord();
        }

        // A log that is only read gets no records, nor the declarations of whose they would be.
        if (batch.Count > 0 && Log is not CommitLog { IsWritable: false })
        {
            _visible = Log.AppendAsync(batch).AsTask().GetAwaiter().GetResult().Value;
        }
    }
}
