using DataIntensive.Logs;

namespace DataIntensive.Tests.Events;

/// <summary>Archived streams over openings, compactions and random calls, against a model that knows only what was said.</summary>
public sealed class EventArchiveTests : IDisposable
{
    private const string NewestForm = "3";

    private static readonly EventReadOptions WithArchived = new() { IncludeArchived = true };
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddEvents(TestEvents.Map).AddStore<string, int>("numbers");

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_directory.Path, "db");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reopen_KeepsStreamsArchived_AndOutOfMemory(bool fromSnapshot)
    {
        long bytes;
        await using (Database database = await OpenAsync())
        {
            DatabaseEventStore events = database.Events();
            for (int i = 0; i < 300; i++)
            {
                await events.AppendAsync($"c-{i % 3}", [new EventData(new Counted(0, i)) { Tags = [$"n:{i % 10}"], Id = new Guid(i, 1, 0, new byte[8]) }], Stop);
            }

            await events.AppendAsync(new EventBatch().Retain("c-0", new StreamRetention { KeepFrom = 11 }).Archive("c-0").Archive("c-1"), Stop);
            await events.State.Archiving;
            bytes = database.StateBytes;
            if (fromSnapshot)
            {
                await database.SnapshotAsync(Stop);
            }

            await events.RestoreStreamAsync("c-1", cancellationToken: Stop);
            await events.AppendAsync("c-1", ExpectedVersion.Exactly(100), [new Counted(0, 300)], Stop);
            await events.ArchiveStreamAsync("c-1", cancellationToken: Stop);
            await events.State.Archiving;
        }

        for (int round = 0; round < 2; round++)
        {
            await using Database database = await OpenAsync();
            DatabaseEventStore events = database.Events();
            await events.State.Archiving;
            (database.Recovery.SnapshotPosition > LogPosition.Start).Should().Be(fromSnapshot || round > 0);
            database.StateBytes.Should().BeCloseTo(bytes, 200);
            events.State.ArchivedEvents.Should().Be(201);
            (await events.ReadAllAsync(cancellationToken: Stop).Select(e => e.Stream).Distinct().ToListAsync(Stop)).Should().Equal("c-2");
            (await events.ReadStreamAsync("c-0", WithArchived, Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(Enumerable.Range(11, 90).Select(i => (long)i));
            (await events.ReadStreamAsync("c-1", WithArchived, Stop).CountAsync(Stop)).Should().Be(101);
            (await events.ReadAsync(EventQuery.Tagged("n:3"), WithArchived, Stop).CountAsync(Stop)).Should().Be(29);
            (await events.AppendAsync("c-1", [new EventData(new Counted(0, 4)) { Id = new Guid(4, 1, 0, new byte[8]) }], Stop)).Should().BeEquivalentTo(new { IsDuplicate = true, Version = 2 });
            (await events.AppendAsync("c-0", [new Counted(0, 4)], Stop)).Conflicts.Single().Kind.Should().Be(AppendConflictKind.Archived);
            (await events.AppendAsync(new EventBatch().Unless(EventQuery.Tagged("n:3"), new EventPosition(293)), Stop)).Succeeded.Should().BeFalse();
            (await events.AppendAsync(new EventBatch().Unless(EventQuery.InCategory("c"), new EventPosition(300)), Stop)).Succeeded.Should().BeFalse();
            events.Head.Value.Should().Be(301);
            await database.SnapshotAsync(Stop);
        }
    }

    [Fact]
    public async Task Compact_KeepsTheEventsOfArchivedStreams()
    {
        await using (Database database = await OpenAsync())
        {
            DatabaseEventStore events = database.Events();
            for (int i = 0; i < 2_000; i++)
            {
                await events.AppendAsync(new EventBatch().Append("kept", ExpectedVersion.Any, new EventData(new Counted(0, i)) { Tags = ["t"] }).Append("short", ExpectedVersion.Any, new Counted(1, i)).Append("gone", ExpectedVersion.Any, new Counted(2, i)), Stop);
            }

            await events.AppendAsync(new EventBatch().Retain("short", new StreamRetention { MaxCount = 5 }).Archive("kept").Archive("short").Delete("gone"), Stop);
            await events.State.Archiving;
            for (int i = 0; i < 2; i++)
            {
                await database.Store<string, int>("numbers").WriteAsync("a", i, Stop);
                await database.SnapshotAsync(Stop);
            }

            events.State.NeededFrom!.Value.Value.Should().BeLessThan(10);
        }

        await using Database opened = await OpenAsync();
        (await opened.CompactAsync(new LogCompactionOptions { MaxLiveRatio = 1 }, Stop)).RecordsRemoved.Should().BeGreaterThan(3_000);
        (await opened.Events().ReadStreamAsync("kept", WithArchived, Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(Enumerable.Range(1, 2_000).Select(i => (long)i));
        (await opened.Events().ReadStreamAsync("short", WithArchived, Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(1_996, 1_997, 1_998, 1_999, 2_000);
        await opened.Events().AppendAsync(new EventBatch().Restore("kept").Restore("short"), Stop);
        (await opened.Events().ReadAsync(EventQuery.Tagged("t"), cancellationToken: Stop).CountAsync(Stop)).Should().Be(2_000);
        (await opened.Events().ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(2_005);
    }

    /// <summary>
    /// A state snapshot with archived streams, in each form of the event store that has them, stays readable for good: never write one
    /// anew. <c>DATAINTENSIVE_WRITE_GOLDEN</c> names an empty folder for one of a new form.
    /// </summary>
    [Theory]
    [InlineData("2")]
    [InlineData(NewestForm)]
    public async Task GoldenSnapshot_WithArchivedStreams_IsReadAsItWasWritten(string form)
    {
        if (Environment.GetEnvironmentVariable("DATAINTENSIVE_WRITE_GOLDEN") is { } golden && form == NewestForm)
        {
            await using Database database = await OpenAsync(Path.Combine(golden, "archived"));
            for (int i = 1; i <= 12; i++)
            {
                await database.Events().AppendAsync($"c-{i % 3}", [new EventData(new Counted(0, i)) { Tags = [$"n:{i % 2}"] }], Stop);
            }

            await database.Events().AppendAsync(new EventBatch().Archive("c-0").Archive("c-1").Restore("c-1"), Stop);
            await database.Events().State.Archiving;
            await database.SnapshotAsync(Stop);
        }

        Directory.CreateDirectory(Folder);
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Events", "Golden", form)))
        {
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        }

        await using Database opened = await OpenAsync();
        opened.Recovery.RecordsReplayed.Should().Be(0);
        opened.Events().State.ArchivedEvents.Should().Be(4);
        (await opened.Events().ReadAllAsync(cancellationToken: Stop).Select(e => ((Counted)e.Data).Number).ToListAsync(Stop)).Should().Equal(1, 2, 4, 5, 7, 8, 10, 11);
        (await opened.Events().ReadStreamAsync("c-0", WithArchived, Stop).Select(e => ((Counted)e.Data).Number).ToListAsync(Stop)).Should().Equal(3, 6, 9, 12);
        (await opened.Events().AppendAsync(new EventBatch().Unless(EventQuery.Tagged("n:0"), new EventPosition(11)), Stop)).Succeeded.Should().BeFalse();
        await opened.Events().RestoreStreamAsync("c-0", ExpectedVersion.Exactly(4), Stop);
        (await opened.Events().ReadAsync(EventQuery.Tagged("n:0"), cancellationToken: Stop).CountAsync(Stop)).Should().Be(6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomCalls_AgreeWithAModel(int seed)
    {
        Random random = new(seed);
        ArchiveModel model = new();
        Database database = await OpenAsync();
        for (int call = 0; call < 400; call++)
        {
            DatabaseEventStore events = database.Events().ForTenant(random.Next(4) == 0 ? "t" : "u");
            string stream = $"c{random.Next(2)}-{random.Next(6)}";
            switch (random.Next(16))
            {
                case < 7:
                    EventTag[] tags = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new EventTag($"t:{random.Next(5)}")).Distinct()];
                    object data = random.Next(2) == 0 ? new Counted(0, call) : new Noted($"{call}");
                    bool taken = (await events.AppendAsync(stream, [new EventData(data) { Tags = tags }], Stop)).Succeeded;
                    taken.Should().Be(model.Append(events.Tenant, stream, data, tags));
                    break;
                case < 10:
                    (await events.ArchiveStreamAsync(stream, cancellationToken: Stop)).Succeeded.Should().BeTrue();
                    model.Archive(events.Tenant, stream);
                    break;
                case < 12:
                    (await events.RestoreStreamAsync(stream, cancellationToken: Stop)).Succeeded.Should().BeTrue();
                    model.Restore(events.Tenant, stream);
                    break;
                case < 14:
                    await events.State.Archiving;
                    break;
                case 14 when random.Next(3) == 0:
                    await database.SnapshotAsync(Stop);
                    break;
                case 15 when random.Next(4) == 0:
                    await database.DisposeAsync();
                    database = await OpenAsync();
                    break;
            }

            await CompareAsync(database.Events().ForTenant("u"), model, random);
            await CompareAsync(database.Events().ForTenant("t"), model, random);
        }

        await database.DisposeAsync();
    }

    private static async Task CompareAsync(DatabaseEventStore events, ArchiveModel model, Random random)
    {
        EventQuery query = random.Next(7) switch
        {
            0 => EventQuery.All,
            1 => EventQuery.OfType("counted"),
            2 => EventQuery.Tagged($"t:{random.Next(5)}"),
            3 => EventQuery.InCategory($"c{random.Next(2)}"),
            4 => EventQuery.InStream($"c0-{random.Next(6)}"),
            5 => EventQuery.Tagged($"t:{random.Next(5)}").Or(EventQuery.Of(new EventQueryItem { Types = ["noted"], Category = "c1" })),
            _ => EventQuery.Of(new EventQueryItem { Tags = [$"t:{random.Next(5)}", $"t:{random.Next(5)}"], Types = ["noted", "counted"] }),
        };
        bool archived = random.Next(2) == 0;
        bool backward = random.Next(2) == 0;
        List<long> expected = model.Positions(events.Tenant, query, archived);
        List<long> read = await events.ReadAsync(query, new EventReadOptions { IncludeArchived = archived, Backward = backward }, Stop).Select(e => e.Position.Value).ToListAsync(Stop);
        read.Should().Equal(backward ? Enumerable.Reverse(expected) : expected);
        long head = model.Head(events.Tenant);
        events.Head.Value.Should().Be(head);

        List<long> subscribed = await events.SubscribeAsync(query, new SubscribeOptions { SkipArchived = !archived }, Stop)
            .TakeWhile(step => !step.IsCaughtUp || step.Event is not null)
            .Where(step => step.Event is not null)
            .Select(step => step.Position.Value)
            .ToListAsync(Stop);
        subscribed.Should().Equal(expected);

        if (!query.IsAll)
        {
            EventPosition after = new(random.NextInt64(head + 1));
            bool isRuledOut = model.Positions(events.Tenant, query, withArchived: true).Exists(position => position > after.Value);
            bool holds = (await events.AppendAsync(new EventBatch().Unless(query, after), Stop)).Succeeded;
            (holds && isRuledOut).Should().BeFalse("a condition never holds because an event was archived");
            (!holds && !isRuledOut && !model.WasEverArchived).Should().BeFalse();
            (await events.AppendAsync(new EventBatch().Unless(query, new EventPosition(head)), Stop)).Succeeded.Should().BeTrue("who knows all there is is never refused");
        }
    }

    private Task<Database> OpenAsync() => OpenAsync(Folder);

    private static Task<Database> OpenAsync(string folder) => Database.OpenAsync(folder, Schema, new DatabaseOptions { Log = new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 0 } }, Stop);
}
