using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace DataIntensive.Benchmarks.Databases;

/// <summary>SQLite (WAL, FULL): a table of keys. Writers take turns on one connection, which is faster for them than the file lock.</summary>
internal sealed class SqliteStore() : DurableStore("SQLite (WAL, FULL)")
{
    private readonly object _turn = new();
    private SqliteConnection? _connection;

    public override bool Blocks => true;

    public override ValueTask OpenAsync(string folder, int keys, byte[] value)
    {
        _connection = new SqliteConnection($"Data Source={Path.Combine(folder, "sqlite.db")};Pooling=False");
        _connection.Open();
        Run("PRAGMA journal_mode=WAL");
        Run("CREATE TABLE pairs (key INTEGER PRIMARY KEY, value BLOB NOT NULL)");
        Run("CREATE TABLE counters (key INTEGER PRIMARY KEY, value INTEGER NOT NULL)");
        Run("INSERT INTO counters VALUES (1, 0)");
        using (SqliteTransaction transaction = _connection.BeginTransaction())
        {
            using SqliteCommand insert = Put(out SqliteParameter key);
            insert.Transaction = transaction;
            for (int i = 0; i < keys; i++)
            {
                key.Value = i;
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        Run("PRAGMA synchronous=FULL");
        return ValueTask.CompletedTask;
    }

    public override Func<ValueTask> NewWriter(Func<int> nextKey)
    {
        SqliteCommand put = Put(out SqliteParameter key);
        byte[] value = (byte[])put.Parameters["$value"].Value!;
        long written = 0;
        return () =>
        {
            lock (_turn)
            {
                // A value that is the same as before is not written at all.
                BinaryPrimitives.WriteInt64LittleEndian(value, ++written);
                key.Value = nextKey();
                put.ExecuteNonQuery();
            }

            return ValueTask.CompletedTask;
        };
    }

    public override Func<ValueTask>? NewHotWriter()
    {
        SqliteCommand update = _connection!.CreateCommand();
        update.CommandText = "UPDATE counters SET value = value + 1 WHERE key = 1";
        update.Prepare();
        return () =>
        {
            lock (_turn)
            {
                update.ExecuteNonQuery();
            }

            return ValueTask.CompletedTask;
        };
    }

    public override ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        return ValueTask.CompletedTask;
    }

    private SqliteCommand Put(out SqliteParameter key)
    {
        SqliteCommand put = _connection!.CreateCommand();
        put.CommandText = "INSERT INTO pairs VALUES ($key, $value) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        key = put.Parameters.Add("$key", SqliteType.Integer);
        put.Parameters.AddWithValue("$value", new byte[DatabaseComparison.ValueBytes]);
        put.Prepare();
        return put;
    }

    private void Run(string text)
    {
        using SqliteCommand command = _connection!.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
