using System.Text;
using DataIntensive.Events;
using DataIntensive.Logs;

namespace DataIntensive.Tests.Events;

/// <summary>An event store that is opened from a state snapshot is the one that is opened by replay; what nobody may see is compacted away.</summary>
public sealed class EventSnapshotTests : IDisposable
{
    private static readonly DatabaseSchema Schema = new DatabaseSchema()
        .AddEvents(TestEvents.Map, options: new EventStoreOptions { EventIdHorizon = 5_000 })
        .AddStore<string, int>("numbers");

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_directory.Path, "db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Open_FromASnapshot_GivesWhatReplayGives()
    {
        string before;
        long bytes;
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database.Events(), new Random(5), 12_000);
            await FillAsync(database.Events().ForTenant("t"), new Random(6), 500);
            await database.SnapshotAsync(Stop);
            await FillAsync(database.Events(), new Random(7), 30);
            before = await DescribeAsync(database.Events()) + await DescribeAsync(database.Events().ForTenant("t"));
            bytes = database.Events().State.SizeBytes;
        }

        await using (Database loaded = await OpenAsync())
        {
            loaded.Recovery.RecordsReplayed.Should().BeInRange(1, 200);
            (await DescribeAsync(loaded.Events()) + await DescribeAsync(loaded.Events().ForTenant("t"))).Should().Be(before);
            loaded.Events().State.SizeBytes.Should().BeCloseTo(bytes, (ulong)bytes / 100);
        }

        DeleteSnapshots();
        await using Database replayed = await OpenAsync();
        replayed.Recovery.RecordsReplayed.Should().BeGreaterThan(12_000);
        (await DescribeAsync(replayed.Events()) + await DescribeAsync(replayed.Events().ForTenant("t"))).Should().Be(before);
    }

    /// <summary>What a snapshot has of streams and tags stays as it is until somebody asks for it, and goes into the next one so too.</summary>
    [Fact]
    public async Task Open_FromASnapshot_MakesOnlyWhatIsAskedFor()
    {
        string before;
        long bytes;
        await using (Database database = await OpenAsync())
        {
            for (int i = 0; i < 4_000; i++)
            {
                EventData data = new(new Counted(0, i)) { Tags = [$"n:{i % 1_300}", $"t:{i % 40}", $"ü:{i % 90}"] };
                await database.Events().AppendAsync($"c{i % 3}-{i % 1_700}", ExpectedVersion.Any, [data], Stop);
            }

            await database.Events().ForTenant("t").AppendAsync("other", [new Noted("")], Stop);
            await database.SnapshotAsync(Stop);
            before = await DescribeAsync(database.Events());
            bytes = database.Events().State.SizeBytes;
        }

        for (int round = 0; round < 3; round++)
        {
            await using Database opened = await OpenAsync();
            DatabaseEventStore events = opened.Events();
            TenantIndex tenant = events.State.Of("")!;
            opened.Recovery.RecordsReplayed.Should().Be(0);
            tenant.Streams.Made.Should().BeEmpty();
            tenant.Tags.Made.Should().BeEmpty();
            tenant.Streams.Count.Should().Be(4_000);
            tenant.Tags.Count.Should().Be(1_430);
            events.State.SizeBytes.Should().Be(bytes);

            (await events.ReadStreamAsync("c0-3", cancellationToken: Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(1);
            (await events.ReadAsync(EventQuery.Tagged("ü:5"), cancellationToken: Stop).CountAsync(Stop)).Should().Be(45);
            tenant.Streams.Made.Should().ContainSingle();
            tenant.Streams.Count.Should().Be(4_000);

            // A snapshot for which nothing was made but that.
            await opened.Store<string, int>("numbers").WriteAsync("a", round, Stop);
            await opened.SnapshotAsync(Stop);
            tenant.Streams.Made.Should().ContainSingle();
            if (round == 1)
            {
                (await DescribeAsync(events)).Should().Be(before);
                tenant.Streams.Count.Should().Be(4_000);
            }
        }
    }

    /// <summary>Streams of which a part stands in one block of the snapshot and a part in the next, and short ones to the end of a block.</summary>
    [Theory]
    [InlineData(40, 4_200, 20, 40)]
    [InlineData(130, 4_096, 20, 0)]
    [InlineData(2_000, 1, 480, 0)]
    public async Task Open_FromASnapshotOfManyBlocks_FindsEveryEvent(int streams, int perStream, int nameLength, int madeAtOnce)
    {
        StreamId[] ids = [.. Enumerable.Range(0, streams).Select(i => new StreamId($"s-{new string('x', nameLength)}{i}"))];
        await using (Database database = await OpenAsync())
        {
            foreach (int[] some in Enumerable.Range(0, streams * perStream).Chunk(1_000))
            {
                EventBatch batch = new();
                foreach (int i in some)
                {
                    batch.Append(ids[i % streams], ExpectedVersion.Any, new Counted(0, i));
                }

                await database.Events().AppendAsync(batch, Stop);
            }

            await database.SnapshotAsync(Stop);
        }

        new FileInfo(Directory.GetFiles(Folder, "*.snap").Single()).Length.Should().BeGreaterThan(500_000);
        await using Database opened = await OpenAsync();
        TenantIndex tenant = opened.Events().State.Of("")!;
        tenant.Streams.Made.Count().Should().Be(madeAtOnce);
        for (int i = 0; i < streams; i++)
        {
            LogPositionList positions = tenant.Find(ids[i])!.Positions;
            positions.Count.Should().Be(perStream);
            Enumerable.Range(0, perStream).Count(at => tenant.All[(at * (long)streams) + i] != positions[at]).Should().Be(0);
        }
    }

    [Fact]
    public async Task Open_FromASnapshot_GivesEverybodyTheSameStream()
    {
        await using (Database database = await OpenAsync())
        {
            for (int i = 0; i < 500; i++)
            {
                await database.Events().AppendAsync($"s-{i}", [new Counted(0, i)], Stop);
            }

            await database.SnapshotAsync(Stop);
        }

        // Readers make streams of what is stored while a writer appends to them.
        await using Database opened = await OpenAsync();
        DatabaseEventStore events = opened.Events();
        using Barrier together = new(3);
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 500; i++)
            {
                together.SignalAndWait(Stop);
                events.Version($"s-{i}").Should().BeInRange(1, 2);
            }
        }))];
        for (int i = 0; i < 500; i++)
        {
            together.SignalAndWait(Stop);
            (await events.AppendAsync($"s-{i}", ExpectedVersion.Exactly(1), [new Counted(1, i)], Stop)).Version.Should().Be(2);
            events.Version($"s-{i}").Should().Be(2);
        }

        await Task.WhenAll(readers);
        for (int i = 0; i < 500; i++)
        {
            events.Version($"s-{i}").Should().Be(2);
        }
    }

    [Fact]
    public async Task Snapshot_WhileOthersAppend_IsOnePosition()
    {
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database.Events(), new Random(1), 2_000);
            await database.SnapshotAsync(Stop);
        }

        // From a snapshot, so that streams are made of it while the next ones are written.
        await using (Database database = await OpenAsync())
        {
            using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            Task[] writers = [.. Enumerable.Range(0, 2).Select(writer => Task.Run(async () =>
            {
                Random random = new(writer);
                for (int i = 0; !done.IsCancellationRequested && i < 100_000; i++)
                {
                    EventData data = new(new Counted(writer, i)) { Tags = [$"t:{random.Next(50)}"], Id = new Guid(i, (short)writer, 1, new byte[8]) };
                    EventBatch batch = new EventBatch().Append($"s-{random.Next(20)}", ExpectedVersion.Any, data).Append($"w{writer}-{i % 100}", ExpectedVersion.Any, new Noted(""));
                    await database.Events().AppendAsync(i % 50 == 0 ? batch.Delete($"s-{random.Next(20)}") : batch, CancellationToken.None);
                }
            }))];
            for (int i = 0; i < 8; i++)
            {
                LogPosition at = await database.SnapshotAsync(Stop);
                SpinWait.SpinUntil(() => database.Visible.Value > at.Value + 20, TimeSpan.FromSeconds(30)).Should().BeTrue();
            }

            await done.CancelAsync();
            await Task.WhenAll(writers);
        }

        string loaded;
        await using (Database database = await OpenAsync())
        {
            database.Recovery.SnapshotPosition.Value.Should().BePositive();
            loaded = await DescribeAsync(database.Events());
        }

        DeleteSnapshots();
        await using Database replayed = await OpenAsync();
        replayed.Recovery.SnapshotPosition.Should().Be(LogPosition.Start);
        (await DescribeAsync(replayed.Events())).Should().Be(loaded);
    }

    [Fact]
    public async Task Compact_RemovesWhatIsHidden_AndReadersPassOverIt()
    {
        await using (Database database = await OpenAsync())
        {
            DatabaseEventStore events = database.Events();
            for (int i = 0; i < 3_000; i++)
            {
                await events.AppendAsync(new EventBatch().Append("long", ExpectedVersion.Any, new EventData(new Counted(0, i)) { Tags = ["t"] }).Append("gone", ExpectedVersion.Any, new Counted(1, i)).Append("count", ExpectedVersion.Any, new Counted(2, i)), Stop);
            }

            await events.AppendAsync(new EventBatch().Retain("long", new StreamRetention { KeepFrom = 2_991 }).Tombstone("gone").Retain("count", new StreamRetention { MaxCount = 5 }), Stop);
            events.State.NeededFrom.Should().Be(await events.ReadAllAsync(cancellationToken: Stop).Select(e => e.LogPosition).FirstAsync(Stop));
            await database.Store<string, int>("numbers").WriteAsync("a", 1, Stop);
            await database.SnapshotAsync(Stop);
            await database.Store<string, int>("numbers").WriteAsync("a", 2, Stop);
            await database.SnapshotAsync(Stop);
        }

        for (int round = 0; round < 2; round++)
        {
            await using Database database = await OpenAsync();
            DatabaseEventStore events = database.Events();
            if (round == 0)
            {
                LogCompactionReport report = await database.CompactAsync(new LogCompactionOptions { MaxLiveRatio = 1 }, Stop);
                report.RecordsRemoved.Should().BeGreaterThan(5_000);
                await events.AppendAsync(new EventBatch().Retain("count", new StreamRetention { MaxCount = 2_900 }), Stop);
            }

            (await events.ReadStreamAsync("long", cancellationToken: Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(Enumerable.Range(2_991, 10).Select(i => (long)i));
            (await events.ReadStreamAsync("gone", cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
            List<long> kept = await events.ReadStreamAsync("count", cancellationToken: Stop).Select(e => e.Version).ToListAsync(Stop);
            kept.Should().EndWith([2_996, 2_997, 2_998, 2_999, 3_000]).And.BeInAscendingOrder();
            kept.Count.Should().BeLessThan(2_900, "what was compacted does not come back");
            (await events.ReadAsync(EventQuery.Tagged("t"), cancellationToken: Stop).CountAsync(Stop)).Should().Be(10);
            (await events.ReadAsync(EventQuery.All, new EventReadOptions { Backward = true }, Stop).CountAsync(Stop)).Should().Be(10 + kept.Count);
            (await events.SubscribeToEventsAsync(cancellationToken: Stop).Take(10 + kept.Count).ToListAsync(Stop)).Should().HaveCount(10 + kept.Count);
            (await events.ReadAsync(EventQuery.All, new EventReadOptions { AsOfTime = DateTimeOffset.MaxValue }, Stop).CountAsync(Stop)).Should().Be(10 + kept.Count);
            (await events.AppendAsync("long", ExpectedVersion.Exactly(3_000), [], Stop)).Succeeded.Should().BeTrue();
            (await events.AppendAsync("gone", ExpectedVersion.Any, [new Counted(0, 0)], Stop)).Succeeded.Should().BeFalse();
        }
    }

    [Fact]
    public async Task Open_AfterCompactingWithoutMarks_NeedsNoSnapshot()
    {
        DatabaseSchema schema = new DatabaseSchema().AddEvents(TestEvents.Map);
        string before;
        await using (Database database = await Database.OpenAsync(Folder, schema, cancellationToken: Stop))
        {
            for (int i = 0; i < 100; i++)
            {
                await database.Events().AppendAsync(new EventBatch().Append($"c0-{i % 40}", ExpectedVersion.Any, new Counted(0, i)), Stop);
                if (i >= 98)
                {
                    await database.SnapshotAsync(Stop);
                }
            }

            await database.CompactAsync(new LogCompactionOptions { MaxLiveRatio = 1 }, Stop);
            Func<Task> trim = () => database.TrimAsync(database.Visible, Stop).AsTask();
            (await trim.Should().ThrowAsync<HistoryNeededException>()).Which.NeededFrom.Value.Should().BeLessThanOrEqualTo(2, "the first event can still be asked for");
            before = await DescribeAsync(database.Events());
        }

        DeleteSnapshots();
        await using Database replayed = await Database.OpenAsync(Folder, schema, cancellationToken: Stop);
        replayed.Recovery.SnapshotPosition.Should().Be(LogPosition.Start);
        (await DescribeAsync(replayed.Events())).Should().Be(before);
    }

    [Fact]
    public void EventIdIndex_OfAnySize_FindsWhatIsWithinTheHorizon()
    {
        EventIdIndex index = new(horizon: 1_000);
        for (int i = 1; i <= 20_000; i++)
        {
            index.Add(Hash(i), new EventPosition(i));
            if (i % 997 == 0 || i > 19_990)
            {
                Finds(i, i).Should().BeTrue();
                Finds(Math.Max(1, i - 999), i).Should().BeTrue();
                Finds(i - 1_000, i).Should().BeFalse();
                index.SizeBytes.Should().BeLessThanOrEqualTo(43 * 1_000);
            }
        }

        EventIdIndex loaded = new(horizon: 1_000);
        ulong[] entries = [.. index.EntriesUpTo(19_500, 20_000)];
        loaded.Load(entries, entries.Length);
        int? probe = null;
        loaded.TryFind(Hash(19_400), new EventPosition(19_500), ref probe, out EventPosition found).Should().BeTrue();
        found.Value.Should().Be(19_400);
        entries.Length.Should().BeGreaterThan(400).And.BeLessThanOrEqualTo(1_000);

        static uint Hash(int number) => EventIdIndex.Hash(7, new Guid(number, 1, 2, new byte[8]));

        bool Finds(int number, int head)
        {
            int? last = null;
            while (index.TryFind(Hash(number), new EventPosition(head), ref last, out EventPosition position))
            {
                if (position.Value == number)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static async Task FillAsync(IEventStore events, Random random, int count)
    {
        int made = 0;
        while (made < count)
        {
            EventBatch batch = new();
            for (int i = random.Next(1, 40); i > 0; i--, made++)
            {
                EventTag[] tags = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new EventTag($"t:{random.Next(40)}"))];
                object data = random.Next(2) == 0 ? new Counted(0, made) : new Noted($"{made}");
                batch.Append($"c{random.Next(3)}-{random.Next(40)}", ExpectedVersion.Any, new EventData(data) { Tags = tags, Id = random.Next(2) == 0 ? null : new Guid(random.Next(), 1, 2, new byte[8]) });
            }

            string stream = $"c{random.Next(3)}-{random.Next(40)}";
            switch (random.Next(12))
            {
                case 0:
                    batch.Delete(stream);
                    break;
                case 1:
                    batch.Retain(stream, new StreamRetention { MaxCount = random.Next(50, 200), KeepFrom = random.Next(30) });
                    break;
            }

            (await events.AppendAsync(batch, Stop)).Succeeded.Should().BeTrue();
        }
    }

    // Everything that can be asked of it.
    private static async Task<string> DescribeAsync(DatabaseEventStore events)
    {
        StringBuilder text = new();
        List<RecordedEvent> all = await events.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop);
        text.AppendJoin(';', all.Select(e => $"{e.Position} {e.Stream} {e.Version}"));
        foreach (StreamId stream in all.Select(e => e.Stream).Distinct())
        {
            text.Append($"|{stream} {await events.ReadStreamAsync(stream, cancellationToken: Stop).GetInfoAsync(Stop)}");
        }

        for (int tag = 0; tag < 50; tag++)
        {
            text.Append($"|{tag}:").AppendJoin(',', await events.ReadAsync(EventQuery.Tagged($"t:{tag}"), cancellationToken: Stop).Select(e => e.Position.Value).ToListAsync(Stop));
        }

        foreach (EventQuery query in new[] { EventQuery.OfType("noted"), EventQuery.InCategory("c1"), EventQuery.InCategory("s") })
        {
            text.Append('|').AppendJoin(',', await events.ReadAsync(query, cancellationToken: Stop).Select(e => e.Position.Value).ToListAsync(Stop));
        }

        foreach (RecordedEvent identified in all.Where(e => e.Id is not null).TakeLast(50))
        {
            AppendResult again = await events.AppendAsync(identified.Stream, ExpectedVersion.Any, [new EventData(identified.Data) { Id = identified.Id }], Stop);
            again.IsDuplicate.Should().BeTrue();
            text.Append($"|{again.Position}");
        }

        return text.Append($"|{events.Head}").ToString();
    }

    private void DeleteSnapshots()
    {
        string[] files = Directory.GetFiles(Folder, "*.snap");
        files.Should().NotBeEmpty();
        Array.ForEach(files, File.Delete);
    }

    private Task<Database> OpenAsync() => Database.OpenAsync(Folder, Schema, new DatabaseOptions { Log = new CommitLogOptions { SegmentBytes = 256 * 1024 } }, Stop);
}
