namespace DataIntensive.Tests.Events;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task Retain_FromAVersion_HidesWhatIsBefore_AndIsOnlyRaised()
    {
        await AppendFiveToTwo();
        await Retain(new StreamRetention { KeepFrom = 3 });
        (await Shown()).Should().Be("3 4 5 | 3..5");
        await Retain(new StreamRetention { KeepFrom = 2 });
        (await Shown()).Should().Be("3 4 5 | 3..5");
        await Retain(new StreamRetention { KeepFrom = 6 });
        (await Shown()).Should().Be(" | 6..5");

        (await Store.AppendAsync("a", ExpectedVersion.Exactly(5), [new Counted(0, 6)], Stop)).Version.Should().Be(6);
        (await Shown()).Should().Be("6 | 6..6");
    }

    [Fact]
    public async Task Retain_ACount_HidesTheRest_AndShowsItAgainWhenLoosened()
    {
        await AppendFiveToTwo();
        await Retain(new StreamRetention { MaxCount = 2 });
        (await Shown()).Should().Be("4 5 | 4..5");
        await Store.AppendAsync("a", [new Counted(0, 6)], Stop);
        (await Shown()).Should().Be("5 6 | 5..6");
        (await Store.ReadAsync(EventQuery.All, cancellationToken: Stop).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(2, 4, 6, 8, 9, 10, 11);
        (await Store.SubscribeToEventsAsync(cancellationToken: Stop).Take(7).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(2, 4, 6, 8, 9, 10, 11);
        await Retain(new StreamRetention { MaxCount = 4, KeepFrom = 2 });
        (await Shown()).Should().Be("3 4 5 6 | 3..6");
        await Retain(new StreamRetention());
        (await Shown()).Should().Be("2 3 4 5 6 | 2..6");
    }

    [Fact]
    public async Task Retain_AnAge_HidesWhatIsOlder()
    {
        DateTimeOffset start = Time.Now;
        for (int i = 1; i <= 4; i++)
        {
            Time.Now = start.AddDays(i);
            await Store.AppendAsync("a", [new Counted(0, i)], Stop);
        }

        await Retain(new StreamRetention { MaxAge = TimeSpan.FromDays(1) });
        (await Shown()).Should().Be("3 4 | 3..4");
        Time.Now = start.AddDays(5) + TimeSpan.FromMicroseconds(1);
        (await Shown()).Should().Be(" | 5..4");
        (await Store.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
        FluentActions.Invoking(() => new StreamRetention { MaxAge = TimeSpan.Zero }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new StreamRetention { MaxCount = 0 }).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Delete_ReadsAsIfAbsent_AndTheNextAppendOpensItAgain()
    {
        await AppendFiveToTwo();
        await Retain(new StreamRetention { MaxCount = 2 });
        (await Store.AppendAsync(new EventBatch().Delete("a"), Stop)).Succeeded.Should().BeTrue();

        StreamReading deleted = Store.ReadStreamAsync("a", cancellationToken: Stop);
        (await deleted.GetInfoAsync(Stop)).Should().BeEquivalentTo(new { Status = StreamStatus.Deleted, Exists = false, Version = 5 });
        (await deleted.CountAsync(Stop)).Should().Be(0);
        (await Store.ReadAsync(EventQuery.InStream("a"), cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
        (await Store.AppendAsync(new EventBatch().Delete("a").Delete("never"), Stop)).Succeeded.Should().BeTrue("it is gone already");

        AppendResult opened = await Store.AppendAsync("a", ExpectedVersion.None, WithIds(6, 7, 8), Stop);
        opened.Version.Should().Be(8);
        (await Shown()).Should().Be("7 8 | 7..8", "what is kept stays as it was");
        (await Store.AppendAsync("a", ExpectedVersion.None, WithIds(6, 7, 8), Stop)).Should().Be(opened with { IsDuplicate = true });
        await Retain(new StreamRetention());
        (await Shown()).Should().Be("6 7 8 | 6..8", "what was deleted stays so");
    }

    [Fact]
    public async Task Tombstone_RefusesEveryLaterWrite_AlsoOfWhatWasThere()
    {
        await Store.AppendAsync("a", WithIds(1), Stop);
        await Store.AppendAsync(new EventBatch().Tombstone("a", ExpectedVersion.Exactly(1)).Tombstone("never"), Stop);

        (await Store.ReadStreamAsync("a", cancellationToken: Stop).GetInfoAsync(Stop)).Should().BeEquivalentTo(new { Status = StreamStatus.Tombstoned, Exists = false, Version = 1 });
        (await Store.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
        foreach (EventBatch batch in new[]
        {
            new EventBatch().Append("a", ExpectedVersion.Any, WithIds(1)),
            new EventBatch().Append("never", ExpectedVersion.None, new Counted(0, 0)),
            new EventBatch().Tombstone("a"),
            new EventBatch().Delete("a"),
            new EventBatch().Retain("a", new StreamRetention()),
        })
        {
            (await Store.AppendAsync(batch, Stop)).Conflicts.Should().ContainSingle().Which.Kind.Should().Be(AppendConflictKind.Tombstone);
        }
    }

    [Fact]
    public async Task ATransaction_SeesTheStatusOfItsSnapshot_AndConflictsWhenItChanges()
    {
        await AppendFiveToTwo();
        using DatabaseTransaction exists = Database.Begin();
        Store.In(exists).Append("a", ExpectedVersion.Exists, new Counted(0, 6)).Succeeded.Should().BeTrue();
        using DatabaseTransaction any = Database.Begin();
        Store.In(any).Append("b", ExpectedVersion.Any, new Counted(0, 6)).Succeeded.Should().BeTrue();
        using DatabaseTransaction looks = Database.Begin();
        await Store.AppendAsync(new EventBatch().Delete("a").Tombstone("b"), Stop);

        Store.In(looks).Append("a", ExpectedVersion.Exists).Succeeded.Should().BeTrue("it was there in the snapshot");
        foreach (DatabaseTransaction transaction in new[] { exists, any })
        {
            await transaction.Awaiting(tx => tx.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
        }

        await Database.ExecuteAsync(
            tx =>
            {
                EventStoreTransaction events = Store.In(tx);
                events.Append("a", ExpectedVersion.Exactly(5), new Counted(0, 6)).Succeeded.Should().BeFalse();
                events.Append(new EventBatch().Append("a", ExpectedVersion.None, new Counted(0, 6)).Delete("a", ExpectedVersion.Exactly(6)).Append("a", ExpectedVersion.None, new Counted(0, 7))).Succeeded.Should().BeTrue();
            },
            cancellationToken: Stop);
        (await Shown()).Should().Be("7 | 7..7");
    }

    private async Task Retain(StreamRetention retention) => (await Store.AppendAsync(new EventBatch().Retain("a", retention), Stop)).Succeeded.Should().BeTrue();

    // What is read of the stream, in both directions, and what it says of itself.
    private async Task<string> Shown()
    {
        StreamReading reading = Store.ReadStreamAsync("a", cancellationToken: Stop);
        List<long> forward = await reading.Select(e => e.Version).ToListAsync(Stop);
        List<long> backward = await Store.ReadStreamAsync("a", new EventReadOptions { Backward = true }, Stop).Select(e => e.Version).ToListAsync(Stop);
        backward.Should().Equal(Enumerable.Reverse(forward));
        (await Store.ReadAsync(EventQuery.InStream("a"), cancellationToken: Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(forward);
        StreamInfo info = await reading.GetInfoAsync(Stop);
        return $"{string.Join(" ", forward)} | {info.FirstVersion}..{info.Version}";
    }
}
