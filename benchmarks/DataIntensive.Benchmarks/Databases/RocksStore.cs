using System.Buffers.Binary;
using RocksDbSharp;

namespace DataIntensive.Benchmarks.Databases;

/// <summary>RocksDB (WAL, sync). Its writers block, and it groups those that wait.</summary>
internal sealed class RocksStore() : DurableStore("RocksDB (WAL, sync)")
{
    private static readonly WriteOptions Synced = new WriteOptions().SetSync(true);
    private static readonly WriteOptions NotSynced = new WriteOptions().SetSync(false);

    private RocksDb? _db;

    public override bool Blocks => true;

    public override ValueTask OpenAsync(string folder, int keys, byte[] value)
    {
        _db = RocksDb.Open(new DbOptions().SetCreateIfMissing(true), Path.Combine(folder, "rocks"));
        for (int key = 0; key < keys; key++)
        {
            Put(key, value, NotSynced);
        }

        return ValueTask.CompletedTask;
    }

    public override Func<ValueTask> NewWriter(Func<int> nextKey)
    {
        byte[] value = new byte[DatabaseComparison.ValueBytes];
        return () =>
        {
            Put(nextKey(), value, Synced);
            return ValueTask.CompletedTask;
        };
    }

    public override Func<ValueTask>? NewHotWriter() => null;

    public override ValueTask DisposeAsync()
    {
        _db?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Put(int key, byte[] value, WriteOptions options)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, key);
        _db!.Put(bytes, value, null, options);
    }
}
