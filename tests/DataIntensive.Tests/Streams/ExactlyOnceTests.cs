using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

public sealed class MemoryExactlyOnceTests : ExactlyOnceContract
{
    protected override ValueTask<Database> OpenAsync() => new(Database.InMemory(Schema));

    // Memory does not outlive its process; the run starts anew on the same database.
    protected override ValueTask<Database> ReopenAsync(Database database) => new(database);

    protected override ValueTask CloseAsync(Database database) => database.DisposeAsync();
}

public sealed class LoggedExactlyOnceTests : ExactlyOnceContract
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task CrashAtAnyByteOfTheLog_ThenARun_GivesEachOutputOnce()
    {
        WindowDefinition windows = Tick.Tumbling(10);
        string expected = await InMemoryAsync(windows);
        string segment = Directory.GetFiles(_directory.Path, "*.seg").Single();
        int empty = EndOfUse(await File.ReadAllBytesAsync(segment, Stop));
        await RunAsync(new ListSource(Ticks), windows, batchSize: 4);

        // As a crash finds it: not closed, and nothing noted of how far it is proven.
        byte[] whole = await File.ReadAllBytesAsync(segment, Stop);
        int end = EndOfUse(whole);
        HashSet<LogPosition> starts = [];

        for (int length = empty; length <= end; length += 41)
        {
            using TemporaryDirectory copy = new();
            File.Copy(Path.Combine(_directory.Path, "MANIFEST"), copy.File("MANIFEST"));
            byte[] torn = [.. whole];
            torn.AsSpan(length).Clear();
            await File.WriteAllBytesAsync(copy.File(Path.GetFileName(segment)), torn, Stop);

            await using Database database = await Database.OpenAsync(copy.Path, Schema, cancellationToken: Stop);
            ListSource source = new(Ticks);
            await RunAsync(source, windows, batchSize: 4, on: database);

            starts.UnionWith(source.ReadAfter);
            database.Store<string, string>("out").Read("out").Value.Should().Be(expected, $"the log was torn at byte {length}");
        }

        starts.Should().HaveCount(4, "every commit but the last was the newest once");
    }

    protected override ValueTask<Database> OpenAsync() =>
        new(Database.OpenAsync(_directory.Path, Schema, new DatabaseOptions { Log = new CommitLogOptions { IdleMarkDelay = Timeout.InfiniteTimeSpan } }));

    protected override async ValueTask<Database> ReopenAsync(Database database)
    {
        await database.DisposeAsync();
        return await OpenAsync();
    }

    private static int EndOfUse(byte[] file) => file.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    protected override async ValueTask CloseAsync(Database database)
    {
        await database.DisposeAsync();
        _directory.Dispose();
    }
}
