using DataIntensive.Diagnostics;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive;

public sealed partial class Database
{
    // Tag 0 is the database's own: who owns which tag, and that it was restored.
    private const uint SchemaTag = 0;
    private const byte OwnerDeclared = 1;

    private void Recover(DatabaseSchema schema, CancellationToken cancellationToken)
    {
        foreach (Func<Database, DerivedState> create in schema.Declared)
        {
            DerivedState state = create(this);
            _states.Add((state.Kind, state.Name), state);
        }

        // By tag: what is stored there. Tags are handed out from 1, so the list is dense.
        List<(string Kind, string Name, DerivedState? State)> owners = [("schema", "", null)];
        using (LogReader reader = Log.OpenReader(upTo: Durability.Os))
        {
            while (reader.TryRead(out LogRecord record))
            {
                if (record.EndsCommit)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (record.Tag == SchemaTag)
                {
                    ReadOwn(record, owners);
                }
                else if (owners[(int)record.Tag].State is { } state)
                {
                    state.Replay(record);
                }
                else
                {
                    string owner = $"{owners[(int)record.Tag].Kind} '{owners[(int)record.Tag].Name}'";
                    _unregistered[owner] = _unregistered.GetValueOrDefault(owner) + 1;
                }
            }

            _visible = reader.Position.Value;
        }

        DeclareNewOwners(owners.Count);
        foreach (DerivedState state in _states.Values)
        {
            state.ReplayDone();
        }

        foreach ((string owner, long records) in _unregistered.Where(owner => owner.Value > 0))
        {
            LogMessages.UnregisteredOwner(_logger, owner, records);
        }
    }

    private void ReadOwn(in LogRecord record, List<(string Kind, string Name, DerivedState? State)> owners)
    {
        SpanReader reader = new(record.Body.Span);
        byte what = reader.ReadByte();
        switch (what)
        {
            case OwnerDeclared:
                owners.Add(ReadOwner(ref reader));
                break;
            case IncarnationBegun:
                Incarnation = new Guid(reader.Rest);
                break;
            default:
                throw new LogFormatException($"The record at position {record.Position} is of an unknown kind {what}. Use a newer version of the library.");
        }
    }

    private (string Kind, string Name, DerivedState? State) ReadOwner(ref SpanReader reader)
    {
        uint tag = (uint)reader.ReadVarint();
        string kind = reader.ReadString();
        string name = reader.ReadString();
        string type = reader.ReadString();
        if (_states.TryGetValue((kind, name), out DerivedState? state))
        {
            if (state.Type != type)
            {
                throw new SchemaMismatchException(state.ToString(), type, state.Type);
            }

            state.Tag = tag;
        }
        else
        {
            _unregistered.TryAdd($"{kind} '{name}'", 0);
        }

        return (kind, name, state);
    }

    private void DeclareNewOwners(int nextTag)
    {
        LogBatch batch = new();
        foreach (DerivedState state in _states.Values.Where(state => state.Tag == SchemaTag))
        {
            state.Tag = (uint)nextTag++;
            batch.BeginRecord(SchemaTag);
            batch.WriteByte(OwnerDeclared);
            batch.WriteVarint(state.Tag);
            batch.WriteString(state.Kind);
            batch.WriteString(state.Name);
            batch.WriteString(state.Type);
            batch.EndRecord();
        }

        if (batch.Count > 0)
        {
            _visible = Log.AppendAsync(batch).AsTask().GetAwaiter().GetResult().Value;
        }
    }
}
