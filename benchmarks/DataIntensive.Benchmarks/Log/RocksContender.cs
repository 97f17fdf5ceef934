using System.Buffers.Binary;
using RocksDbSharp;

namespace DataIntensive.Benchmarks.Log;

/// <summary>RocksDB: the records under a growing key. Its writers block, and it groups those that wait.</summary>
internal sealed class RocksContender(string name, Work can) : Contender(name, "WAL, sync", can)
{
    private static readonly WriteOptions Synced = new WriteOptions().SetSync(true);
    private static readonly WriteOptions NotSynced = new WriteOptions().SetSync(false);
    private RocksDb? _db;
    private long _key;

    public override bool Blocks => true;

    public override ValueTask OpenAsync(string folder)
    {
        _db = RocksDb.Open(new DbOptions().SetCreateIfMissing(true), Path.Combine(folder, "rocks"));
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _db?.Dispose();
        _db = null;
        return ValueTask.CompletedTask;
    }

    public override Func<ValueTask> NewWriter(byte[] body) => () =>
    {
        Put(body, Synced);
        return ValueTask.CompletedTask;
    };

    public override ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        using WriteBatch batch = new();
        Span<byte> key = stackalloc byte[sizeof(long)];
        int inBatch = 0;
        for (int record = 0; record < records; record++)
        {
            BinaryPrimitives.WriteInt64BigEndian(key, _key++);
            batch.Put(key, body);
            inBatch += body.Length;
            if (inBatch >= BulkBytes || record == records - 1)
            {
                _db!.Write(batch, record == records - 1 ? Synced : NotSynced);
                batch.Clear();
                inBatch = 0;
            }
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask BulkManyCommitsAsync(byte[] body, int records)
    {
        for (int record = 0; record < records; record++)
        {
            Put(body, record == records - 1 ? Synced : NotSynced);
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask<long> ScanAsync()
    {
        long total = 0;
        using Iterator iterator = _db!.NewIterator();
        for (iterator.SeekToFirst(); iterator.Valid(); iterator.Next())
        {
            total += iterator.GetValueSpan().Length;
        }

        return new ValueTask<long>(total);
    }

    private void Put(byte[] body, WriteOptions options)
    {
        Span<byte> key = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, Interlocked.Increment(ref _key));
        _db!.Put(key, body, null, options);
    }
}
