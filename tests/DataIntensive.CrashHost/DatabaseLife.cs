namespace DataIntensive.CrashHost;

/// <summary>One life of a process that writes a database: every update sets three keys in two stores, in one commit.</summary>
internal sealed class DatabaseLife(string folder, ulong seed, int writers, Acknowledgements acknowledgements)
{
    public const string All = "all";
    private const string Sequences = "sequences";
    private const string Updates = "updates";

    public static DatabaseOptions Options { get; } = new() { Log = LogLife.Options };

    public static DatabaseSchema MakeSchema() => new DatabaseSchema().AddStore<string, long>(Sequences).AddStore<string, byte[]>(Updates);

    public static DatabaseStore<string, long> SequencesOf(Database database) => database.Store<string, long>(Sequences);

    public static DatabaseStore<string, byte[]> UpdatesOf(Database database) => database.Store<string, byte[]>(Updates);

    public static string KeyOf(int writer) => $"writer {writer}";

    public static string KeyOf(int writer, long sequence) => $"update {sequence} of {writer}";

    public async Task RunAsync()
    {
        await using Database database = await Database.OpenAsync(folder, MakeSchema(), Options);
        acknowledgements.Opened();
        await await Task.WhenAny(Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(database, writer))));
    }

    private async Task WriteAsync(Database database, int writer)
    {
        DatabaseStore<string, long> sequences = SequencesOf(database);
        DatabaseStore<string, byte[]> updates = UpdatesOf(database);
        long sequence = sequences.Read(KeyOf(writer)).Value;
        while (true)
        {
            CrashCommit commit = new(seed, writer, ++sequence);
            LogPosition position = await database.ExecuteAsync(
                transaction =>
                {
                    sequences.In(transaction).Write(KeyOf(writer), commit.Sequence);
                    sequences.In(transaction).Update(All, entry => entry.Value + 1);
                    updates.In(transaction).Write(KeyOf(writer, commit.Sequence), commit.BodyOf(0));
                },
                commit.Durability);
            acknowledgements.Acknowledged(writer, sequence, position);
        }
    }
}
