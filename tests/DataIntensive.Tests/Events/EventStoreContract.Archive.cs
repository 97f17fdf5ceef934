using DataIntensive.Events;

namespace DataIntensive.Tests.Events;

public abstract partial class EventStoreContract
{
    private static readonly EventReadOptions Archived = new() { IncludeArchived = true };

    [Fact]
    public async Task Archive_HidesFromReadingByDefault_AndGivesToWhoAsks()
    {
        await AppendArchivable();
        (await Store.ArchiveStreamAsync("a-1", ExpectedVersion.Exactly(3), Stop)).Version.Should().Be(3);
        await Left();

        StreamReading plain = Store.ReadStreamAsync("a-1", cancellationToken: Stop);
        (await plain.GetInfoAsync(Stop)).Should().BeEquivalentTo(new { Status = StreamStatus.Archived, Exists = false, Version = 3, FirstVersion = 4 });
        (await plain.CountAsync(Stop)).Should().Be(0);
        StreamReading asked = Store.ReadStreamAsync("a-1", Archived, Stop);
        (await asked.GetInfoAsync(Stop)).Should().BeEquivalentTo(new { Status = StreamStatus.Archived, Version = 3, FirstVersion = 1 });
        (await asked.Select(e => (e.Version, e.Data)).ToListAsync(Stop)).Should().Equal((1, new Counted(0, 1)), (2, new Counted(0, 2)), (3, new Counted(0, 3)));
        foreach ((EventQuery query, string shown, string all) in new (EventQuery, string, string)[]
        {
            (EventQuery.All, "2 4 6", "1 2 3 4 5 6"),
            (EventQuery.InStream("a-1"), "", "1 3 5"),
            (EventQuery.InCategory("a"), "2 4 6", "1 2 3 4 5 6"),
            (EventQuery.OfType("counted"), "2 4 6", "1 2 3 4 5 6"),
            (EventQuery.Tagged("s:1"), "", "1 3 5"),
            (EventQuery.Tagged("n:2").Or(EventQuery.InStream("a-2")), "2 4 6", "2 3 4 6"),
            (EventQuery.Tagged("n:2", "s:1"), "", "3"),
            (EventQuery.OfType("deposited"), "", ""),
        })
        {
            (await PositionsOf(query, new EventReadOptions())).Should().Be(shown);
            (await PositionsOf(query, Archived)).Should().Be(all);
            (await PositionsOf(query, new EventReadOptions { IncludeArchived = true, From = new EventPosition(4) })).Should().Be(string.Join(' ', all.Split(' ').Where(p => p is "4" or "5" or "6")));
            (await PositionsOf(query, new EventReadOptions { IncludeArchived = true, Backward = true })).Should().Be(string.Join(' ', all.Split(' ').Reverse()));
        }

        (await Store.HeadAsync(Stop)).Value.Should().Be(6);
        (await Store.VersionAsync("a-1", Stop)).Should().Be(3);
    }

    [Fact]
    public async Task Archive_OfTheNewestEvents_LeavesTheHeadOfTheTenant()
    {
        IEventStore tenant = Store.ForTenant("t");
        await tenant.AppendAsync("a", [new Counted(0, 1)], Stop);
        await tenant.AppendAsync("b", [new Counted(0, 2)], Stop);
        await Store.AppendAsync("b", [new Counted(0, 3)], Stop);
        await tenant.ArchiveStreamAsync("b", cancellationToken: Stop);
        await Left();

        (await tenant.HeadAsync(Stop)).Value.Should().Be(2);
        (await tenant.ReadAsync(EventQuery.All, Archived, Stop).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(1, 2);
        (await Store.ReadAsync(EventQuery.All, Archived, Stop).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(3);
    }

    [Theory]
    [InlineData("any", true)]
    [InlineData("none", false)]
    [InlineData("exists", false)]
    [InlineData("3", true)]
    [InlineData("2", false)]
    public async Task AnArchivedStream_RefusesEveryWrite_AndIsChecked(string expected, bool holds)
    {
        await AppendArchivable();
        await Store.ArchiveStreamAsync("a-1", cancellationToken: Stop);
        ExpectedVersion expectation = expected switch
        {
            "any" => ExpectedVersion.Any,
            "none" => ExpectedVersion.None,
            "exists" => ExpectedVersion.Exists,
            _ => ExpectedVersion.Exactly(int.Parse(expected, System.Globalization.CultureInfo.InvariantCulture)),
        };

        for (int round = 0; round < 2; round++)
        {
            foreach (EventBatch batch in new[]
            {
                new EventBatch().Append("a-1", expectation, new Counted(0, 0)),
                new EventBatch().Delete("a-1", expectation),
                new EventBatch().Tombstone("a-1", expectation),
                new EventBatch().Retain("a-1", new StreamRetention(), expectation),
            })
            {
                AppendConflict conflict = (await Store.AppendAsync(batch, Stop)).Conflicts.Should().ContainSingle().Which;
                (conflict.Kind, conflict.Status, conflict.Actual).Should().Be((AppendConflictKind.Archived, StreamStatus.Archived, 3));
                conflict.ToString().Should().Be("The stream 'a-1' is archived at version 3.");
            }

            foreach (EventBatch batch in new[] { new EventBatch().Check("a-1", expectation), new EventBatch().Archive("a-1", expectation) })
            {
                AppendResult result = await Store.AppendAsync(batch, Stop);
                result.Succeeded.Should().Be(holds);
                result.Conflicts.Select(conflict => conflict.Kind).Should().Equal(holds ? [] : [AppendConflictKind.Version]);
            }

            await Left();
        }

        (await Store.RestoreStreamAsync("a-1", expectation, Stop)).Succeeded.Should().Be(holds);
    }

    [Fact]
    public async Task Archive_OfWhatIsNotThere_DoesNothing()
    {
        await Store.AppendAsync(new EventBatch().Append("gone", ExpectedVersion.None, new Counted(0, 1)).Delete("gone").Tombstone("dead"), Stop);

        (await Store.AppendAsync(new EventBatch().Archive("never").Archive("gone").Restore("never").Restore("gone"), Stop)).Succeeded.Should().BeTrue();
        (await Store.ArchiveStreamAsync("dead", cancellationToken: Stop)).Conflicts.Single().Kind.Should().Be(AppendConflictKind.Tombstone);
        (await Store.RestoreStreamAsync("dead", cancellationToken: Stop)).Conflicts.Single().Kind.Should().Be(AppendConflictKind.Tombstone);

        (await Store.AppendAsync("gone", ExpectedVersion.None, [new Counted(0, 2)], Stop)).Version.Should().Be(2);
        (await Store.AppendAsync("never", ExpectedVersion.None, [new Counted(0, 2)], Stop)).Version.Should().Be(1);
    }

    [Fact]
    public async Task Restore_GivesEverythingBack_AndVersionsGoOn()
    {
        await AppendArchivable();
        (await Store.AppendAsync(new EventBatch().Append("a-1", ExpectedVersion.Exactly(3), Tagged(1, 4)).Archive("a-1"), Stop)).Version.Should().Be(4);
        await Left();
        await Store.AppendAsync("a-2", [Tagged(2, 4)], Stop);

        (await Store.RestoreStreamAsync("a-1", ExpectedVersion.Exactly(4), Stop)).Version.Should().Be(4);
        (await Store.AppendAsync("a-1", ExpectedVersion.Exactly(4), [Tagged(1, 5)], Stop)).Version.Should().Be(5);

        (await Store.ReadStreamAsync("a-1", cancellationToken: Stop).Select(e => ((Counted)e.Data).Number).ToListAsync(Stop)).Should().Equal(1, 2, 3, 4, 5);
        (await PositionsOf(EventQuery.All, new EventReadOptions())).Should().Be("1 2 3 4 5 6 7 8 9");
        (await PositionsOf(EventQuery.Tagged("s:1"), new EventReadOptions())).Should().Be("1 3 5 7 9");
        (await PositionsOf(EventQuery.Tagged("n:4"), new EventReadOptions { Backward = true })).Should().Be("8 7");
        (await PositionsOf(EventQuery.OfType("counted"), new EventReadOptions())).Should().Be("1 2 3 4 5 6 7 8 9");
        (await Store.AppendAsync(new EventBatch().Archive("a-1").Restore("a-1").Append("a-1", ExpectedVersion.Exists, Tagged(1, 6)).Archive("a-1").Restore("a-1").Tombstone("a-1"), Stop)).Version.Should().Be(6);
        (await Store.ReadStreamAsync("a-1", Archived, Stop).GetInfoAsync(Stop)).Status.Should().Be(StreamStatus.Tombstoned);
    }

    [Fact]
    public async Task ACondition_NeverHoldsBecauseEventsWereArchived()
    {
        await AppendArchivable();
        await Store.ArchiveStreamAsync("a-1", cancellationToken: Stop);
        for (int round = 0; round < 2; round++)
        {
            foreach ((EventQuery query, int last) in new[]
            {
                (EventQuery.Tagged("s:1"), 5),
                (EventQuery.Tagged("n:2", "s:1"), 3),
                (EventQuery.InStream("a-1"), 5),
                (EventQuery.Of(new EventQueryItem { Types = ["counted"], Stream = "a-1", Category = "a" }), 5),
            })
            {
                AppendResult refused = await Store.AppendAsync(new EventBatch().Append("b", ExpectedVersion.Any, new Counted(9, 9)).Unless(query, new EventPosition(last - 1)), Stop);
                refused.Conflicts.Should().ContainSingle().Which.Kind.Should().Be(AppendConflictKind.Condition);
                (await Store.AppendAsync(new EventBatch().Unless(query), Stop)).Succeeded.Should().BeFalse();
                (await Store.AppendAsync(new EventBatch().Unless(query, new EventPosition(last)), Stop)).Succeeded.Should().BeTrue();
            }

            (await Store.AppendAsync(new EventBatch().Unless(EventQuery.Tagged("never")).Unless(EventQuery.Tagged("s:1", "never")), Stop)).Succeeded.Should().BeTrue();
            (await Store.AppendAsync(new EventBatch().Unless(EventQuery.Tagged("s:2"), new EventPosition(5)), Stop)).Conflicts.Single().Position.Value.Should().Be(6);
            await Left();
        }

        using DatabaseTransaction transaction = Database.Begin();
        Store.In(transaction).Append(new EventBatch().Unless(EventQuery.Tagged("s:1"), new EventPosition(4))).Succeeded.Should().BeFalse();
    }

    [Fact]
    public async Task ARepeatedAppend_ToAnArchivedStream_IsToldWhatWasDone()
    {
        AppendResult first = await Store.AppendAsync("a", ExpectedVersion.None, WithIds(1, 2), Stop);
        await Store.AppendAsync("b", [new Counted(0, 1)], Stop);
        await Store.ArchiveStreamAsync("a", cancellationToken: Stop);
        for (int round = 0; round < 2; round++)
        {
            (await Store.AppendAsync("a", ExpectedVersion.None, WithIds(1, 2), Stop)).Should().Be(first with { IsDuplicate = true });
            (await Store.AppendAsync("a", WithIds(2, 3), Stop)).Conflicts.Single().Kind.Should().Be(AppendConflictKind.EventIds);
            (await Store.AppendAsync("a", WithIds(3), Stop)).Conflicts.Single().Kind.Should().Be(AppendConflictKind.Archived);
            await Left();
        }
    }

    [Fact]
    public async Task ASubscription_GetsArchivedEvents_UnlessItSkipsThem()
    {
        await AppendArchivable();
        IAsyncEnumerator<RecordedEvent> lagging = Store.SubscribeToEventsAsync(EventQuery.Tagged("n:3"), cancellationToken: Stop).GetAsyncEnumerator(Stop);
        await Store.ArchiveStreamAsync("a-1", cancellationToken: Stop);
        await Left();
        await using (lagging)
        {
            (await lagging.MoveNextAsync()).Should().BeTrue();
            lagging.Current.Position.Value.Should().Be(5, "it had not come so far when the stream was archived");
        }

        await Store.AppendAsync("a-2", [Tagged(2, 4)], Stop);
        (await Store.SubscribeToEventsAsync(cancellationToken: Stop).Take(7).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(1, 2, 3, 4, 5, 6, 7);
        (await Store.SubscribeToEventsAsync(EventQuery.OfType("counted"), new EventPosition(2), Stop).Take(5).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(3, 4, 5, 6, 7);
        List<SubscriptionStep> skipping = await Store.SubscribeAsync(EventQuery.InCategory("a"), new SubscribeOptions { SkipArchived = true }, Stop).Take(5).ToListAsync(Stop);
        skipping.Select(step => step.Event?.Position.Value).Should().Equal(2, 4, 6, 7, null);
    }

    [Fact]
    public async Task Archive_GivesItsMemoryBack_AndRestoreTakesItAgain()
    {
        for (int stream = 0; stream < 8; stream++)
        {
            await Store.AppendAsync($"c-{stream}", Enumerable.Range(0, 500).Select(i => Tagged(stream, i % 10)), Stop);
        }

        long before = Database.StateBytes;
        EventBatch archive = new();
        EventBatch restore = new();
        for (int stream = 0; stream < 4; stream++)
        {
            archive.Archive($"c-{stream}");
            restore.Restore($"c-{stream}");
        }

        await Store.AppendAsync(archive, Stop);
        await Left();
        EventStoreState().ArchivedEvents.Should().Be(2_000);
        (before - Database.StateBytes).Should().BeInRange(2_000 * 33, 2_000 * 36, "20 bytes of an event and 8 of each of its 2 tags are free, 1 to 3 are taken");
        (await PositionsOf(EventQuery.Tagged("n:7", "s:6"), new EventReadOptions())).Split(' ').Should().HaveCount(50);

        await Store.AppendAsync(restore, Stop);
        EventStoreState().ArchivedEvents.Should().Be(0);
        Database.StateBytes.Should().Be(before);
        (await PositionsOf(EventQuery.Tagged("n:7"), new EventReadOptions())).Split(' ').Should().HaveCount(400);
    }

    [Fact]
    public async Task Archive_WhileAnOlderSnapshotIsOpen_TakesNothingFromIt()
    {
        await AppendArchivable();
        using (DatabaseTransaction open = Database.Begin())
        {
            await Store.ArchiveStreamAsync("a-1", cancellationToken: Stop);
            await Left(isDue: false);
            Store.In(open).Append("a-1", ExpectedVersion.Exactly(3), new Counted(0, 0)).Succeeded.Should().BeTrue("it is live in the snapshot");
            await open.Awaiting(transaction => transaction.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
        }

        using DatabaseTransaction any = Database.Begin();
        await Store.AppendAsync("b", [new Counted(0, 1)], Stop);
        await Left();
        Store.In(any).Append("a-1", ExpectedVersion.Any, new Counted(0, 0)).Conflicts.Single().Kind.Should().Be(AppendConflictKind.Archived);
        any.Dispose();
        using DatabaseTransaction restores = Database.Begin(TransactionIsolation.Snapshot);
        Store.In(restores).Append(new EventBatch().Restore("a-1").Append("a-1", ExpectedVersion.Exists, Tagged(1, 4))).OrThrow();
        await Store.AppendAsync("b", [new Counted(0, 2)], Stop);
        await restores.CommitAsync(cancellationToken: Stop);
        (await PositionsOf(EventQuery.Tagged("s:1"), new EventReadOptions())).Should().Be("1 3 5 9");
        await Database.ExecuteAsync(transaction => Store.In(transaction).Append(new EventBatch().Archive("a-1")).OrThrow(), cancellationToken: Stop);
        await Left();
        await Database.ExecuteAsync(transaction => Store.In(transaction).Append(new EventBatch().Restore("a-1")).OrThrow(), cancellationToken: Stop);
        (await PositionsOf(EventQuery.Tagged("s:1"), new EventReadOptions())).Should().Be("1 3 5 9");
    }

    [Fact]
    public async Task Restore_BeyondTheLimitOfMemory_IsRefused()
    {
        await using Database small = Database.InMemory(Schema, new DatabaseOptions { MaxStateBytes = 1024 * 1024 });
        IEventStore store = small.Events();
        await store.AppendAsync("a", Enumerable.Range(0, 20_000).Select(i => new Counted(0, i)), Stop);
        await store.ArchiveStreamAsync("a", cancellationToken: Stop);
        await ((DatabaseEventStore)store).State.Archiving;
        await store.AppendAsync("b", Enumerable.Range(0, 20_000).Select(i => new Counted(0, i)), Stop);
        await store.AppendAsync("b", Enumerable.Range(0, 5_000).Select(i => new Counted(0, i)), Stop);

        await store.Awaiting(s => s.RestoreStreamAsync("a", cancellationToken: Stop).AsTask()).Should().ThrowAsync<StateFullException>();

        (await store.ReadStreamAsync("a", Archived, Stop).CountAsync(Stop)).Should().Be(20_000);
    }

    private static EventData Tagged(int stream, int number) => new(new Counted(0, number)) { Tags = [$"s:{stream}", $"n:{number}"] };

    private EventState EventStoreState() => Database.Events().State;

    // Until what was archived is out of the lists.
    private async Task Left(bool isDue = true)
    {
        await EventStoreState().Archiving;
        foreach (string stream in new[] { "a-1", "a", "c-0" })
        {
            if (EventStoreState().Find("", stream) is { Mark.IsArchived: true } archived)
            {
                (archived.Archived is not null).Should().Be(isDue);
            }
        }
    }

    private async Task AppendArchivable()
    {
        for (int i = 1; i <= 3; i++)
        {
            await Store.AppendAsync("a-1", [Tagged(1, i)], Stop);
            await Store.AppendAsync("a-2", [Tagged(2, i)], Stop);
        }
    }

    private async Task<string> PositionsOf(EventQuery query, EventReadOptions options) =>
        string.Join(' ', await Store.ReadAsync(query, options, Stop).Select(e => e.Position.Value).ToListAsync(Stop));
}
