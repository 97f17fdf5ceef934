using System.Buffers;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Changes;

// A table whose changes are recorded. It keeps no rows: its records in the log are all there is of it.
internal abstract class TableState(Database database, string name, string type) : DerivedState(database, TableKind, name, type)
{
    public const string TableKind = "table";

    public override bool NeedsHistory => true;

    public abstract ChangeDecoder Decoder { get; }
}

// Record: u8 operation, key (codec version, length, bytes), then in the same form the row before (update, delete) and the row
// after (insert, update).
internal sealed class TableState<TKey, TRow>(Database database, string name, ICodec<TKey> keys, ICodec<TRow> rows)
    : TableState(database, name, $"{keys.Name}->{rows.Name}")
    where TKey : notnull
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    public override ChangeDecoder Decoder => new RecordDecoder(this, keys, rows);

    public void Append(DatabaseTransaction transaction, ChangeOperation operation, TKey key, TRow? before, TRow? after)
    {
        // Joining checks that the transaction is this database's and not over.
        transaction.Changes(this, static (_, _) => new TableChanges());
        LogBatch batch = transaction.Batch;
        int length = batch.SizeBytes;
        int count = batch.Count;
        ArrayBufferWriter<byte> scratch = _scratch ??= new ArrayBufferWriter<byte>();
        scratch.ResetWrittenCount();
        try
        {
            batch.BeginRecord(Tag);
            batch.WriteByte((byte)operation);
            batch.WriteWith(keys, key, scratch);
            if (HasBefore(operation))
            {
                batch.WriteWith(rows, before!, scratch);
            }

            if (HasAfter(operation))
            {
                batch.WriteWith(rows, after!, scratch);
            }

            batch.EndRecord();
        }
        catch
        {
            // A codec that fails leaves no half record behind.
            batch.Rewind(length, count);
            throw;
        }
    }

    public override void Replay(in LogRecord record) => OperationOf(record);

    private static bool HasBefore(ChangeOperation operation) => operation is ChangeOperation.Update or ChangeOperation.Delete;

    private static bool HasAfter(ChangeOperation operation) => operation is ChangeOperation.Insert or ChangeOperation.Update;

    private ChangeOperation OperationOf(in LogRecord record)
    {
        ChangeOperation operation = (ChangeOperation)record.Body.Span[0];
        return operation is ChangeOperation.Insert or ChangeOperation.Update or ChangeOperation.Delete
            ? operation
            : throw new LogFormatException($"The record at position {record.Position} of {this} is of an unknown kind {(byte)operation}. Use a newer version of the library.");
    }

    private sealed class RecordDecoder(TableState<TKey, TRow> state, ICodec<TKey> keys, ICodec<TRow> rows)
        : ChangeDecoder(new ChangeTable(state.Name, typeof(TKey), typeof(TRow)))
    {
        public override uint Tag => state.Tag;

        protected override ChangeEvent DecodeCore(in LogRecord record, ChangePosition position)
        {
            ChangeOperation operation = state.OperationOf(record);
            SpanReader reader = new(record.Body.Span[1..]);
            TKey key = reader.ReadWith(keys);
            TRow? before = HasBefore(operation) ? reader.ReadWith(rows) : default;
            TRow? after = HasAfter(operation) ? reader.ReadWith(rows) : default;
            return new ChangeEvent<TKey, TRow>
            {
                Table = state.Name,
                Operation = operation,
                Key = key,
                Before = before,
                After = after,
                HasBefore = HasBefore(operation),
                Position = position,
                Timestamp = record.Timestamp,
            };
        }
    }
}
