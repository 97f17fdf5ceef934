using System.Buffers;
using DataIntensive.Internal;

namespace DataIntensive.Streams;

// The saved state of one run: u8 format, shape, u8 whether complete, varint position, then the operator's own.
internal sealed class StreamCheckpoints(DatabaseStore<string, byte[]> store, Database database, string name, string shape)
{
    private const byte Format = 1;

    // How often the state was written when this run last saw it: what tells that nobody else runs under the name.
    private long _version;

    public async ValueTask<StreamCheckpoint?> ReadAsync(CancellationToken cancellationToken)
    {
        // Through the sequencer: a run that was cancelled while its commit was under way may have left one that is not visible yet.
        StoreEntry<byte[]> entry = await database.ExecuteAsync(transaction => store.In(transaction).Read(name), cancellationToken: cancellationToken).ConfigureAwait(false);
        _version = entry.Version;
        return entry.Value is { } bytes ? Decode(bytes) : null;
    }

    public byte[] Encode(LogPosition position, bool isComplete, Action<IBufferWriter<byte>> saveOperator)
    {
        ArrayBufferWriter<byte> bytes = new();
        bytes.WriteByte(Format);
        bytes.WriteString(shape);
        bytes.WriteByte(isComplete ? (byte)1 : (byte)0);
        bytes.WriteVarint((ulong)position.Value);
        saveOperator(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    // One commit: the outputs and the state. Refuses when another run has written since.
    public async ValueTask CommitAsync(byte[] state, Action<DatabaseTransaction> writeOutputs, CancellationToken cancellationToken)
    {
        await database.ExecuteAsync(
            transaction =>
            {
                StoreTransaction<string, byte[]> states = store.In(transaction);
                if (states.Read(name).Version != _version)
                {
                    throw new InvalidOperationException($"The stream '{name}' is being run elsewhere: one run of a name at a time.");
                }

                writeOutputs(transaction);
                states.Write(name, state);
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
        _version++;
    }

    private StreamCheckpoint Decode(byte[] bytes)
    {
        SpanReader reader = new(bytes);
        byte format = reader.ReadByte();
        if (format != Format)
        {
            throw new StreamStateMismatchException(name, $"format {format}", $"format {Format}");
        }

        string stored = reader.ReadString();
        if (stored != shape)
        {
            throw new StreamStateMismatchException(name, stored, shape);
        }

        bool isComplete = reader.ReadByte() != 0;
        LogPosition position = new((long)reader.ReadVarint());
        return new StreamCheckpoint(position, isComplete, bytes.AsMemory(bytes.Length - reader.Rest.Length));
    }
}

internal readonly record struct StreamCheckpoint(LogPosition Position, bool IsComplete, ReadOnlyMemory<byte> Operator);
