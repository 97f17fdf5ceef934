using Microsoft.Data.Sqlite;

namespace DataIntensive.Benchmarks.Log;

/// <summary>SQLite: a table of records. Writers take turns on one connection, which is faster for them than the file lock.</summary>
internal sealed class SqliteContender(string name, Work can) : Contender(name, "WAL, FULL", can)
{
    private readonly object _turn = new();
    private SqliteConnection? _connection;

    public override bool Blocks => true;

    public override ValueTask OpenAsync(string folder)
    {
        _connection = new SqliteConnection($"Data Source={Path.Combine(folder, "sqlite.db")};Pooling=False");
        _connection.Open();
        Run("PRAGMA journal_mode=WAL");
        Run("PRAGMA synchronous=FULL");
        Run("CREATE TABLE IF NOT EXISTS log (position INTEGER PRIMARY KEY, body BLOB NOT NULL)");
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        _connection = null;
        return ValueTask.CompletedTask;
    }

    public override Func<ValueTask> NewWriter(byte[] body)
    {
        SqliteCommand insert = Insert(body);
        return () =>
        {
            lock (_turn)
            {
                insert.ExecuteNonQuery();
            }

            return ValueTask.CompletedTask;
        };
    }

    public override ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        using SqliteTransaction transaction = _connection!.BeginTransaction();
        using SqliteCommand insert = Insert(body);
        insert.Transaction = transaction;
        for (int record = 0; record < records; record++)
        {
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
        return ValueTask.CompletedTask;
    }

    public override ValueTask BulkManyCommitsAsync(byte[] body, int records)
    {
        using SqliteCommand insert = Insert(body);
        Run("PRAGMA synchronous=NORMAL");
        for (int record = 0; record < records - 1; record++)
        {
            insert.ExecuteNonQuery();
        }

        Run("PRAGMA synchronous=FULL");
        insert.ExecuteNonQuery();
        return ValueTask.CompletedTask;
    }

    public override ValueTask<long> ScanAsync()
    {
        long total = 0;
        byte[] body = new byte[64 * 1024];
        using SqliteCommand select = _connection!.CreateCommand();
        select.CommandText = "SELECT body FROM log ORDER BY position";
        using SqliteDataReader reader = select.ExecuteReader();
        while (reader.Read())
        {
            total += reader.GetBytes(0, 0, body, 0, body.Length);
        }

        return new ValueTask<long>(total);
    }

    private SqliteCommand Insert(byte[] body)
    {
        SqliteCommand insert = _connection!.CreateCommand();
        insert.CommandText = "INSERT INTO log (body) VALUES ($body)";
        insert.Parameters.AddWithValue("$body", body);
        insert.Prepare();
        return insert;
    }

    private void Run(string text)
    {
        using SqliteCommand command = _connection!.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
