using System.Buffers;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive.Transactions;

// One state snapshot is written: all states as they are at one visible position, while commits go on.
internal sealed class StateSnapshotWriting(Database database, CommitLog log, CancellationToken cancellationToken)
{
    private const byte DatabaseForm = 1;

    private readonly IStorage _storage = log.Storage;

    // The file, read back whole.
    public async Task<(StateSnapshotFile File, long Bytes)> RunAsync(OpenSnapshot snapshot)
    {
        StateSnapshotFile name = StateSnapshotFile.At(snapshot.Position);
        using UnfinishedFile unfinished = new(_storage, name.Name);
        StateSnapshotWriter writer = new(unfinished.File, cancellationToken);
        WriteOwners(writer);
        foreach (DerivedState state in database.States.Where(state => state.SnapshotForm != 0))
        {
            BeginState(writer, state.Tag, state.SnapshotForm);
            state.WriteSnapshot(writer, snapshot.Position);
            writer.EndBlock(StateSnapshotBlock.Entries);
        }

        CarryOver(writer);
        writer.EndBlock(StateSnapshotBlock.End);
        unfinished.File.Flush();
        await WaitDurableAsync(snapshot.Position).ConfigureAwait(false);
        name.WriteHeader(unfinished.File, log.LogId, writer.Offset, writer.Checksum);
        unfinished.File.Flush();
        _storage.FlushNames();
        Prove(name, unfinished.File);
        unfinished.Keep();
        unfinished.File.Dispose();
        return (name, writer.Offset);
    }

    // Whose records the log holds, by tag from 1.
    public static List<RecordOwner> ReadOwners(ReadOnlySpan<byte> content, Func<string, string, string, RecordOwner> create, out Guid incarnation)
    {
        SpanReader reader = new(content);
        byte form = reader.ReadByte();
        if (form != DatabaseForm)
        {
            throw new LogFormatException($"The state snapshot describes its database in form {form}; this version knows form {DatabaseForm}. Use a newer version of the library.");
        }

        int count = (int)reader.ReadVarint();
        List<RecordOwner> owners = new(count);
        for (int i = 0; i < count; i++)
        {
            RecordOwner owner = create(reader.ReadString(), reader.ReadString(), reader.ReadString());
            owner.Records = (long)reader.ReadVarint() - 1;
            owner.HistoryAfter = new LogPosition((long)reader.ReadVarint());
            owners.Add(owner);
        }

        incarnation = new Guid(reader.Rest);
        return owners;
    }

    public static (uint Tag, byte Form) ReadState(ReadOnlySpan<byte> content)
    {
        SpanReader reader = new(content);
        return ((uint)reader.ReadVarint(), reader.ReadByte());
    }

    private static void BeginState(StateSnapshotWriter writer, uint tag, byte form)
    {
        writer.WriteVarint(tag);
        writer.WriteByte(form);
        writer.EndBlock(StateSnapshotBlock.State);
    }

    private void WriteOwners(StateSnapshotWriter writer)
    {
        writer.WriteByte(DatabaseForm);
        writer.WriteVarint((ulong)(database.Owners.Count - 1));
        foreach (RecordOwner owner in database.Owners.Skip(1))
        {
            writer.WriteString(owner.Kind);
            writer.WriteString(owner.Name);
            writer.WriteString(owner.Type);
            writer.WriteVarint((ulong)(owner.State is null ? owner.Records + 1 : 0));
            writer.WriteVarint((ulong)owner.HistoryAfter.Value);
        }

        writer.Write(database.Incarnation.ToByteArray());
        writer.EndBlock(StateSnapshotBlock.Database);
    }

    // Owners that the schema does not declare have written nothing since: what the newest snapshot holds of them is still so.
    private void CarryOver(StateSnapshotWriter writer)
    {
        if (database.Owners.Skip(1).All(owner => owner.State is not null) || database.StateSnapshots is not [StateSnapshotFile newest, ..])
        {
            return;
        }

        using IStorageFile file = _storage.Open(newest.Name, StorageOpenMode.Read);
        StateSnapshotBlocks blocks = new(newest, file, log.LogId);
        while (blocks.Next() != StateSnapshotBlock.End)
        {
            if (blocks.Kind == StateSnapshotBlock.State && ReadState(blocks.Content.Span) is var (tag, form) && database.Owners[(int)tag].State is null)
            {
                BeginState(writer, tag, form);
                while (blocks.TryReadBlock(out ReadOnlyMemory<byte> entries))
                {
                    writer.Write(entries.Span);
                    writer.EndBlock(StateSnapshotBlock.Entries);
                }
            }
        }
    }

    // A snapshot ahead of what a crash of the machine leaves of the log would describe commits that never were.
    private async Task WaitDurableAsync(LogPosition position)
    {
        using LogReader reader = log.OpenReader(new LogPosition(position.Value - 1));
        if (!await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new OperationCanceledException("The log was closed.");
        }
    }

    private void Prove(StateSnapshotFile name, IStorageFile file)
    {
        StateSnapshotBlocks blocks = new(name, file, log.LogId);
        while (blocks.Next() != StateSnapshotBlock.End)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
