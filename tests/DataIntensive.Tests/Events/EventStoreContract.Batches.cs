namespace DataIntensive.Tests.Events;

public abstract partial class EventStoreContract
{
    public static TheoryData<string, bool, bool, bool, bool> Grid => new()
    {
        // Expected, and whether it holds for a stream that is absent, live (at 3), deleted (at 3), tombstoned (at 3).
        { "any", true, true, true, false },
        { "none", true, false, true, false },
        { "exists", false, true, false, false },
        { "0", true, false, false, false },
        { "3", false, true, false, false },
        { "2", false, false, false, false },
    };

    [Theory]
    [MemberData(nameof(Grid))]
    public async Task Append_ByExpectation_HoldsForStreamsOfEveryStatus(string expected, bool onAbsent, bool onLive, bool onDeleted, bool onTombstoned)
    {
        await MakeStreamsOfEveryStatus();
        ExpectedVersion expectation = Parse(expected);
        foreach ((string stream, StreamStatus status, bool holds) in Cases(onAbsent, onLive, onDeleted, onTombstoned))
        {
            long before = await Store.VersionAsync(stream, Stop);
            AppendResult result = await Store.AppendAsync(stream, expectation, [new Counted(9, 9)], Stop);
            result.Succeeded.Should().Be(holds, "{0} on {1}", expected, stream);
            (await Store.VersionAsync(stream, Stop)).Should().Be(before + (holds ? 1 : 0));
            if (!holds)
            {
                AppendConflictKind kind = status == StreamStatus.Tombstoned ? AppendConflictKind.Tombstone : AppendConflictKind.Version;
                result.Conflicts.Should().Equal(new AppendConflict(kind, stream, expectation, before, status, default));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Grid))]
    public async Task Check_ByExpectation_HoldsForStreamsOfEveryStatus(string expected, bool onAbsent, bool onLive, bool onDeleted, bool onTombstoned)
    {
        await MakeStreamsOfEveryStatus();
        EventPosition head = await Store.HeadAsync(Stop);
        ExpectedVersion expectation = Parse(expected);
        bool onTombstonedRead = onTombstoned || expected is "none" or "any";
        foreach ((string stream, _, bool holds) in Cases(onAbsent, onLive, onDeleted, onTombstonedRead))
        {
            AppendResult result = await Store.AppendAsync(new EventBatch().Check(stream, expectation).Append("written", ExpectedVersion.Any, new Counted(1, 1)), Stop);
            result.Succeeded.Should().Be(holds, "{0} on {1}", expected, stream);
            head = new EventPosition(head.Value + (holds ? 1 : 0));
            (await Store.HeadAsync(Stop)).Should().Be(head);
        }
    }

    [Fact]
    public async Task Append_WithSeveralFalseChecks_WritesNothingAndListsThemAll()
    {
        await MakeStreamsOfEveryStatus();
        EventPosition head = await Store.HeadAsync(Stop);

        AppendResult result = await Store.AppendAsync(
            new EventBatch()
                .Check("live", ExpectedVersion.None)
                .Append("absent", ExpectedVersion.None, new Counted(1, 1))
                .Append("live", ExpectedVersion.Exactly(2), new Counted(1, 2))
                .Append("dead", ExpectedVersion.Any, new Counted(1, 3))
                .Unless(EventQuery.InStream("live"), new EventPosition(1)),
            Stop);

        result.Conflicts.Select(conflict => (conflict.Kind, conflict.Stream.ToString(), conflict.Actual)).Should().Equal(
            (AppendConflictKind.Version, "live", 3),
            (AppendConflictKind.Version, "live", 3),
            (AppendConflictKind.Tombstone, "dead", 3),
            (AppendConflictKind.Condition, "", 0));
        result.Conflicts[3].Position.Should().Be(new EventPosition(2));
        (await Store.HeadAsync(Stop)).Should().Be(head);
        (await Store.VersionAsync("absent", Stop)).Should().Be(0);
        result.Invoking(refused => refused.OrThrow()).Should().Throw<AppendConflictException>().Which.Conflicts.Should().HaveCount(4);
    }

    [Fact]
    public async Task Append_OverSeveralStreams_IsOneAndKeepsTheirOrder()
    {
        await Store.AppendAsync("b", [new Counted(0, 0)], Stop);
        AppendResult result = await Store.AppendAsync(
            new EventBatch()
                .Append("a", ExpectedVersion.None, new Counted(1, 1), new Counted(1, 2))
                .Append("b", ExpectedVersion.Exactly(1), new Counted(1, 3))
                .Append("a", ExpectedVersion.Exactly(2), new Counted(1, 4))
                .Append("b", ExpectedVersion.Any, new Counted(1, 5)),
            Stop);

        result.Should().BeEquivalentTo(new { Succeeded = true, IsDuplicate = false, Version = 3, Position = new EventPosition(6) });
        result.Versions.Should().Equal(new StreamVersion("a", 3), new StreamVersion("b", 3));
        (await Store.ReadAllAsync(new EventPosition(2), Stop).Select(e => (e.Stream.Value, e.Version, ((Counted)e.Data).Number)).ToListAsync(Stop))
            .Should().Equal(("a", 1, 1), ("a", 2, 2), ("b", 2, 3), ("a", 3, 4), ("b", 3, 5));
        (await Store.ReadAllAsync(new EventPosition(2), Stop).Select(e => e.LogPosition.Value).ToListAsync(Stop)).Should().BeInAscendingOrder();
    }

    [Fact]
    public async Task Append_OfNoEvents_ChecksOnlyAndCreatesNoStream()
    {
        (await Store.AppendAsync("a", ExpectedVersion.None, [], Stop)).Succeeded.Should().BeTrue();
        (await Store.AppendAsync("a", ExpectedVersion.Exists, [], Stop)).Succeeded.Should().BeFalse();
        (await Store.ReadStreamAsync("a", cancellationToken: Stop).GetInfoAsync(Stop)).Status.Should().Be(StreamStatus.Absent);
        (await Store.AppendAsync(new EventBatch(), Stop)).Succeeded.Should().BeTrue();
        await Store.Awaiting(store => store.StartStreamAsync("a", [], Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
        (await Store.StartStreamAsync("a", [new Counted(0, 1)], Stop)).Version.Should().Be(1);
        await Store.Awaiting(store => store.StartStreamAsync("a", [new Counted(0, 1)], Stop).AsTask()).Should().ThrowAsync<AppendConflictException>();
    }

    [Fact]
    public async Task Append_AtALimit_IsTaken_AndPastItRefusedNamingIt()
    {
        // The limit counts names and numbers too: found out by trying.
        int fits = 0;
        for (int length = 900; length < 1024 && fits == 0; length++)
        {
            try
            {
                await Small.AppendAsync("a", [new Noted(new string('x', length + 1))], Stop);
            }
            catch (ArgumentException tooLarge)
            {
                tooLarge.Message.Should().Contain(nameof(EventStoreOptions.MaxEventBytes)).And.Contain("1025").And.Contain("1024");
                fits = length;
            }
        }

        fits.Should().BePositive();
        EventPosition head = await Small.HeadAsync(Stop);
        await Small.Awaiting(store => store.AppendAsync("a", [new Counted(0, 0), new Noted(new string('x', fits + 1))], Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
        await Small.Awaiting(store => store.AppendAsync("a", [new Counted(0, 1), new Counted(0, 2), new Counted(0, 3), new Counted(0, 4)], Stop).AsTask())
            .Should().ThrowAsync<ArgumentException>().WithMessage($"*{nameof(EventStoreOptions.MaxBatchEvents)}*");
        (await Small.HeadAsync(Stop)).Should().Be(head);
        (await Small.AppendAsync("a", [new Counted(0, 1), new Counted(0, 2), new Noted(new string('x', fits))], Stop)).Position.Value.Should().Be(head.Value + 3);
    }

    private static ExpectedVersion Parse(string expected) => expected switch
    {
        "any" => ExpectedVersion.Any,
        "none" => ExpectedVersion.None,
        "exists" => ExpectedVersion.Exists,
        _ => ExpectedVersion.Exactly(int.Parse(expected)),
    };

    private static (string Stream, StreamStatus Status, bool Holds)[] Cases(bool absent, bool live, bool deleted, bool tombstoned) =>
        [("absent", StreamStatus.Absent, absent), ("live", StreamStatus.Live, live), ("deleted", StreamStatus.Deleted, deleted), ("dead", StreamStatus.Tombstoned, tombstoned)];

    private async Task MakeStreamsOfEveryStatus()
    {
        foreach (string stream in (string[])["live", "deleted", "dead"])
        {
            await Store.AppendAsync(stream, [new Counted(0, 1), new Counted(0, 2), new Counted(0, 3)], Stop);
        }

        (await Store.AppendAsync(new EventBatch().Delete("deleted", ExpectedVersion.Exactly(3)).Tombstone("dead"), Stop)).Succeeded.Should().BeTrue();
    }
}
