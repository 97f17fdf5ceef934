namespace DataIntensive.Tests.Events;

/// <summary>Events of older versions on the ways that folds and subscriptions take.</summary>
public sealed class UpcastFoldingTests : IAsyncDisposable
{
    private static readonly Decider<string, object, object> Joined = new("", (@event, _) => [@event], (text, @event) => $"{text}{Show(@event)} ");

    private readonly Database _database = Database.InMemory(new DatabaseSchema()
        .AddEvents(events => events
            .Map("opened", 1, UpcastJson.Default.Opened1)
            .Map("opened", 2, UpcastJson.Default.Opened2)
            .Upcast<Opened1, Opened2>(old => new Opened2(old.Owner, "EUR"))
            .Map("paid", 1, UpcastJson.Default.Paid)
            .Map("put", 1, UpcastJson.Default.Put)
            .Map("noticed", 1, UpcastJson.Default.Noticed)
            .Upcast<Paid>(paid => [new Put(paid.Owner, paid.Amount), new Noticed(paid.Amount)], typeof(Put), typeof(Noticed))
            .Map("dropped", 1, UpcastJson.Default.Dropped)
            .Upcast<Dropped>(_ => []))
        .AddStore<int, string>("seen")
        .AddCheckpoints()
        .AddFoldSnapshots());

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private DatabaseEventStore Events => _database.Events();

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Handle_OldTypes_FoldsWhatReadersGet_AlsoWhenTheLastBecameNothing(int cached)
    {
        DeciderRepository<string, object, object> repository = new(Events, Joined, new DeciderOptions<string> { CachedStreams = cached });

        (await repository.HandleAsync("a", new Opened1("Ada"), cancellationToken: Stop)).State.Should().Be("Ada/EUR ");
        (await repository.HandleAsync("a", new Paid("Ada", 5), cancellationToken: Stop)).State.Should().Be("Ada/EUR Ada+5 5! ");
        (await repository.HandleAsync("a", new Dropped(1), cancellationToken: Stop)).Should().BeEquivalentTo(new { State = "Ada/EUR Ada+5 5! ", Version = 3L, Attempts = 1 });
        (await repository.HandleAsync("a", new Dropped(2), cancellationToken: Stop)).Version.Should().Be(4);
        Decision<string, object> last = await repository.HandleAsync("a", new Put("Bob", 7), cancellationToken: Stop);

        (last.State, last.Version, last.Attempts).Should().Be(("Ada/EUR Ada+5 5! Bob+7 ", 5, 1));
        (await repository.LoadAsync("a", Stop)).State.Should().Be(last.State);
    }

    [Fact]
    public async Task ASnapshot_BehindAnEventThatBecameSeveralOrNothing_IsGoneOnFrom()
    {
        FoldSnapshots<string> snapshots = new(_database.FoldSnapshots(), "joined", Codecs.String, 1, new FoldSnapshotOptions { EveryEvents = 1 });
        int evolved = 0;
        Decider<string, object, object> counting = Joined with
        {
            Evolve = (text, @event) =>
            {
                evolved++;
                return Joined.Evolve(text, @event);
            },
        };
        string expected = "";
        foreach ((object stored, string added) in (IEnumerable<(object, string)>)[(new Opened1("Ada"), "Ada/EUR "), (new Paid("Ada", 5), "Ada+5 5! "), (new Dropped(1), ""), (new Put("Bob", 7), "Bob+7 ")])
        {
            (await Events.AppendAsync("a", [stored], Stop)).OrThrow();
            expected += added;
            evolved = 0;
            FoldedStream<string> loaded = await new DeciderRepository<string, object, object>(Events, counting, new DeciderOptions<string> { Snapshots = snapshots }).LoadAsync("a", Stop);
            loaded.State.Should().Be(expected);
            evolved.Should().Be(added.Split(' ').Length - 1, "what is behind the snapshot");
            await snapshots.FlushAsync(Stop);
        }
    }

    [Fact]
    public async Task ASubscription_GetsTheNewer_AndThoseOfOneStoredEventTogether()
    {
        DatabaseStore<int, string> seen = _database.Store<int, string>("seen");
        (await Events.AppendAsync("a", [new Opened1("Ada"), new Paid("Ada", 5), new Dropped(1), new Paid("Bob", 7)], Stop)).OrThrow();
        int count = 0;
        bool fails = true;
        EventSubscription subscription = EventSubscription.Create(
            Events,
            _database.Checkpoints(),
            "seen",
            EventQuery.All,
            (transaction, recorded) =>
            {
                if (recorded.Data is Noticed { Amount: 7 } && fails)
                {
                    throw new IOException("broken");
                }

                seen.In(transaction).Write(count++, Show(recorded.Data));
            });

        await subscription.Awaiting(s => s.RunToEndAsync(Stop)).Should().ThrowAsync<SubscriptionHandlerException>();
        seen.ReadAll().Select(entry => entry.Value.Value).Should().BeEquivalentTo("Ada/EUR", "Ada+5", "5!");
        fails = false;
        await subscription.RunToEndAsync(Stop);

        seen.ReadAll().OrderBy(entry => entry.Key).Select(entry => entry.Value.Value).Should().Equal("Ada/EUR", "Ada+5", "5!", "Bob+7", "7!");
        Events.State.HeadAt(_database.Checkpoints().Read("seen")).Should().Be(new EventPosition(4));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static string Show(object @event) => @event switch
    {
        Opened2 opened => $"{opened.Owner}/{opened.Currency}",
        Put put => $"{put.Owner}+{put.Amount}",
        Noticed noticed => $"{noticed.Amount}!",
        _ => throw new InvalidOperationException($"{@event} is to be upcast."),
    };
}
