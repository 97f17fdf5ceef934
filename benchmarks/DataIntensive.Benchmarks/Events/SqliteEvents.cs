using Microsoft.Data.Sqlite;

namespace DataIntensive.Benchmarks.Events;

/// <summary>An events table in SQLite: expected version by a unique key, WAL with FULL. Writers take turns on one connection.</summary>
internal sealed class SqliteEvents : IDisposable
{
    private readonly Lock _turn = new();
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _select;

    public SqliteEvents(string folder, bool isFull = true)
    {
        _connection = new SqliteConnection($"Data Source={Path.Combine(folder, "events.db")};Pooling=False");
        _connection.Open();
        Run("PRAGMA journal_mode=WAL");
        Run(isFull ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        Run("CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (stream, version))");
        _insert = Command("INSERT INTO events (stream, version, name, data) VALUES ($stream, $version, 'item-added', $data)", "$stream", "$version", "$data");
        _select = Command("SELECT data FROM events WHERE stream = $stream ORDER BY version", "$stream");
    }

    public void Append(string stream, long version, ItemAdded item)
    {
        byte[] data = EventWorkload.Serialize(item);
        lock (_turn)
        {
            _insert.Parameters[0].Value = stream;
            _insert.Parameters[1].Value = version;
            _insert.Parameters[2].Value = data;
            _insert.ExecuteNonQuery();
        }
    }

    public int Fold(string stream)
    {
        int sum = 0;
        _select.Parameters[0].Value = stream;
        using SqliteDataReader reader = _select.ExecuteReader();
        while (reader.Read())
        {
            sum += EventWorkload.Deserialize(reader.GetFieldValue<byte[]>(0)).Quantity;
        }

        return sum;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _select.Dispose();
        _connection.Dispose();
    }

    public void Run(string text)
    {
        using SqliteCommand command = Command(text);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string text, params string[] parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (string parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter(parameter, null));
        }

        return command;
    }
}
