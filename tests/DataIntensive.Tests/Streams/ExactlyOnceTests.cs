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
        long empty = new FileInfo(segment).Length;
        await RunAsync(new ListSource(Ticks), windows, batchSize: 4);
        await ReopenAsync();
        long whole = new FileInfo(segment).Length;
        HashSet<LogPosition> starts = [];

        for (long length = empty; length <= whole; length += 41)
        {
            using TemporaryDirectory copy = new();
            string torn = copy.File(Path.GetFileName(segment));
            File.Copy(segment, torn);
            using (FileStream file = File.OpenWrite(torn))
            {
                file.SetLength(length);
            }

            await using Database database = await Database.OpenAsync(copy.Path, Schema, cancellationToken: Stop);
            ListSource source = new(Ticks);
            await RunAsync(source, windows, batchSize: 4, on: database);

            starts.UnionWith(source.ReadAfter);
            database.Store<string, string>("out").Read("out").Value.Should().Be(expected, $"the log was torn at byte {length}");
        }

        starts.Should().HaveCount(4, "every commit but the last was the newest once");
    }

    protected override ValueTask<Database> OpenAsync() => new(Database.OpenAsync(_directory.Path, Schema));

    protected override async ValueTask<Database> ReopenAsync(Database database)
    {
        await database.DisposeAsync();
        return await OpenAsync();
    }

    protected override async ValueTask CloseAsync(Database database)
    {
        await database.DisposeAsync();
        _directory.Dispose();
    }
}
