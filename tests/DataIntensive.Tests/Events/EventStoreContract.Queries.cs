namespace DataIntensive.Tests.Events;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task ReadQuery_OfAnyItems_GivesWhatAModelGives()
    {
        const int Seed = 20_260_711;
        Random random = new(Seed);
        List<RecordedEvent> all = await AppendTagged(random, 400);
        all.Should().HaveCount(400);
        for (int round = 0; round < 120; round++)
        {
            EventQuery query = EventQuery.Of([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomItem(random))]);
            EventReadOptions options = new()
            {
                Backward = random.Next(2) == 0,
                MaxCount = random.Next(2) == 0 ? long.MaxValue : random.Next(1, 30),
                From = random.Next(2) == 0 ? null : new EventPosition(random.Next(1, 420)),
                AsOf = random.Next(2) == 0 ? null : new EventPosition(random.Next(0, 420)),
            };

            List<RecordedEvent> read = await Store.ReadAsync(query, options, Stop).ToListAsync(Stop);

            IEnumerable<RecordedEvent> model = all.Where(e => e.Position <= (options.AsOf ?? e.Position) && query.Items.Any(item => IsMeant(item, e)));
            model = options.Backward ? model.Reverse().Where(e => e.Position <= (options.From ?? e.Position)) : model.Where(e => e.Position >= (options.From ?? e.Position));
            read.Select(e => e.Position.Value).Should().Equal(model.Take((int)Math.Min(options.MaxCount, 1000)).Select(e => e.Position.Value), "round {0} of seed {1}", round, Seed);
        }
    }

    [Fact]
    public async Task ReadQuery_OfSeveralValuesOfOneKey_FindsTheEventByEachAndOnce()
    {
        await Store.AppendAsync("a", [new EventData(new Counted(0, 1)) { Tags = ["course:c1", "course:c2"] }, new EventData(new Counted(0, 2)) { Tags = ["course:c2"] }], Stop);

        (await Numbers(EventQuery.Tagged("course:c1"))).Should().Equal(1);
        (await Numbers(EventQuery.Tagged("course:c2"))).Should().Equal(1, 2);
        (await Numbers(EventQuery.Tagged("course:c1", "course:c2"))).Should().Equal(1);
        (await Numbers(EventQuery.Tagged("course:c1").Or(EventQuery.Tagged("course:c2")).Or(EventQuery.OfType("counted")))).Should().Equal(1, 2);
        (await Numbers(EventQuery.Tagged("course:c3"))).Should().BeEmpty();
        (await Numbers(EventQuery.OfType("never"))).Should().BeEmpty();

        async Task<List<int>> Numbers(EventQuery query) => await Store.ReadAsync(query, cancellationToken: Stop).Select(e => ((Counted)e.Data).Number).ToListAsync(Stop);
    }

    [Fact]
    public async Task Append_UnderACondition_HoldsAgainstMatchingEventsOnly()
    {
        EventQuery c1 = EventQuery.Of(new EventQueryItem { Types = ["counted"], Tags = ["course:c1"] });
        AppendResult known = await Append(null, "course:c1");
        await Append(null, "course:c2");
        await Store.AppendAsync("x", [new EventData(new Noted("")) { Tags = ["course:c1"] }], Stop);

        (await Append(new EventBatch().Unless(c1, known.Position), "course:c1")).Succeeded.Should().BeTrue("what came after is of another course, or another type");
        AppendResult stale = await Append(new EventBatch().Unless(c1, known.Position), "course:c1");
        stale.Conflicts.Should().Equal(new AppendConflict(AppendConflictKind.Condition, default, default, 0, default, new EventPosition(4)));
        (await Append(new EventBatch().Unless(c1), "course:c1")).Succeeded.Should().BeFalse("there is one at all");
        (await Append(new EventBatch().Unless(EventQuery.Tagged("course:c9")), "course:c9")).Succeeded.Should().BeTrue("there is none at all");
        (await Append(new EventBatch().Unless(EventQuery.Tagged("course:c9")), "course:c9")).Succeeded.Should().BeFalse("now there is");
        (await Append(new EventBatch().Unless(EventQuery.Tagged("course:c1").Or(EventQuery.Tagged("course:c7")), known.Position), "x")).Succeeded.Should().BeFalse("a wider one is allowed, and safe");
        await Store.Awaiting(store => store.AppendAsync(new EventBatch().Unless(c1, new EventPosition(999)), Stop).AsTask()).Should().ThrowAsync<ArgumentOutOfRangeException>();
        (await Store.HeadAsync(Stop)).Value.Should().Be(5);

        async Task<AppendResult> Append(EventBatch? batch, string tag) =>
            await Store.AppendAsync((batch ?? new EventBatch()).Append("s", ExpectedVersion.Any, new EventData(new Counted(0, 0)) { Tags = [tag] }), Stop);
    }

    [Fact]
    public async Task Append_UnderConditionsByRacers_HasOneWinnerPerTag()
    {
        for (int round = 0; round < 20; round++)
        {
            AppendResult[] results = await Task.WhenAll(Enumerable.Range(0, 9).Select(racer => Task.Run(async () =>
            {
                string tag = $"seat:{round}/{racer % 3}";
                return await Store.AppendAsync(new EventBatch().Unless(EventQuery.Tagged(tag)).Append($"s{racer}", ExpectedVersion.Any, new EventData(new Counted(racer, round)) { Tags = [tag] }), Stop);
            })));

            results.Select((result, racer) => (result, racer)).Where(r => r.result.Succeeded).Select(r => r.racer % 3).Order().Should().Equal(0, 1, 2);
        }

        (await Store.HeadAsync(Stop)).Value.Should().Be(60);
    }

    [Fact]
    public async Task Transact_UnderACondition_ConflictsWhenAMatchIsAppendedMeanwhile()
    {
        using DatabaseTransaction transaction = Database.Begin(TransactionIsolation.Snapshot);
        Store.In(transaction).Append(new EventBatch().Unless(EventQuery.Tagged("t")).Append("a", ExpectedVersion.Any, new Counted(0, 1))).Succeeded.Should().BeTrue();
        await Store.AppendAsync("plain", [new EventData(new Counted(0, 2)) { Tags = ["t"] }], Stop);

        await transaction.Awaiting(tx => tx.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
        (await Store.HeadAsync(Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task Follow_OfAQuery_TellsHowFarItHasCome()
    {
        await AppendFiveToTwo();
        await using IAsyncEnumerator<SubscriptionStep> steps = Store.SubscribeAsync(EventQuery.InStream("a"), new SubscribeOptions { After = new EventPosition(5) }, Stop).GetAsyncEnumerator(Stop);

        (await Next()).Should().Be((7, 7, 10));
        (await Next()).Should().Be((9, 9, 10));
        (await Next()).Should().Be((0, 10, 10), "it has caught up");
        await Database.Store<string, int>("before").WriteAsync("k", 1, Stop);
        ValueTask<bool> waiting = steps.MoveNextAsync();
        waiting.IsCompleted.Should().BeFalse("nothing happened in the event store");
        await Store.AppendAsync("b", [new Counted(1, 6)], Stop);
        (await waiting).Should().BeTrue();
        (steps.Current.Event, steps.Current.Position.Value, steps.Current.IsCaughtUp).Should().Be((null, 11, true));
        await Store.AppendAsync("a", [new Counted(1, 6)], Stop);
        (await Next()).Should().Be((12, 12, 12));

        async Task<(long Event, long Position, long Head)> Next()
        {
            (await steps.MoveNextAsync()).Should().BeTrue();
            return (steps.Current.Event?.Position.Value ?? 0, steps.Current.Position.Value, steps.Current.Head.Value);
        }
    }

    [Fact]
    public async Task Tenants_NeverMeet()
    {
        IEventStore one = Store.ForTenant("one");
        IEventStore two = Store.ForTenant("two");
        foreach ((IEventStore store, int number) in new[] { (Store, 0), (one, 1), (two, 2), (one, 3) })
        {
            await store.AppendAsync("a-1", [new EventData(new Counted(number, number)) { Tags = ["t"], Id = IdOf(1 + (number / 2)) }], Stop);
        }

        foreach ((IEventStore store, string tenant, int[] numbers) in new[] { (Store, "", new[] { 0 }), (one, "one", new[] { 1, 3 }), (two, "two", new[] { 2 }) })
        {
            foreach (EventQuery query in new[] { EventQuery.All, EventQuery.Tagged("t"), EventQuery.OfType("counted"), EventQuery.InCategory("a"), EventQuery.InStream("a-1") })
            {
                List<RecordedEvent> read = await store.ReadAsync(query, cancellationToken: Stop).ToListAsync(Stop);
                read.Select(e => ((Counted)e.Data).Number).Should().Equal(numbers);
                read.Should().OnlyContain(e => e.Tenant == tenant);
                (await store.SubscribeToEventsAsync(query, cancellationToken: Stop).Take(numbers.Length).ToListAsync(Stop)).Should().Equal(read);
            }

            (await store.ReadStreamAsync("a-1", cancellationToken: Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(Enumerable.Range(1, numbers.Length).Select(i => (long)i));
            (await store.HeadAsync(Stop)).Value.Should().Be(numbers[^1] + 1);
        }

        (await one.AppendAsync(new EventBatch().Unless(EventQuery.Tagged("u")).Tombstone("a-1"), Stop)).Succeeded.Should().BeTrue();
        (await two.AppendAsync("a-1", ExpectedVersion.Exactly(1), [new Counted(0, 0)], Stop)).Succeeded.Should().BeTrue();
        (await Store.ReadStreamAsync("a-1", cancellationToken: Stop).CountAsync(Stop)).Should().Be(1);
        Store.Invoking(store => store.ForTenant("")).Should().Throw<ArgumentException>();
        Store.Invoking(store => store.ForTenant(new string('x', 129))).Should().Throw<ArgumentException>();
        (await Store.ForTenant("nobody").ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
    }

    private static bool IsMeant(EventQueryItem item, RecordedEvent e) =>
        (item.Types.Count == 0 || item.Types.Contains(e.Name))
        && item.Tags.All(tag => e.Tags.Contains(tag))
        && (item.Stream == default || item.Stream == e.Stream)
        && (item.Category is null || e.Stream.Value.StartsWith(item.Category + "-", StringComparison.Ordinal));

    private static EventQueryItem RandomItem(Random random)
    {
        while (true)
        {
            EventQueryItem item = new()
            {
                Types = random.Next(3) == 0 ? ["counted"] : random.Next(3) == 0 ? ["noted", "deposited", "never"] : [],
                Tags = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new EventTag($"t:{random.Next(7)}"))],
                Stream = random.Next(5) == 0 ? $"c{random.Next(3)}-{random.Next(3)}" : default(StreamId),
                Category = random.Next(5) == 0 ? $"c{random.Next(3)}" : null,
            };
            if (item.Types.Count + item.Tags.Count > 0 || item.Stream != default || item.Category is not null)
            {
                return item;
            }
        }
    }

    private async Task<List<RecordedEvent>> AppendTagged(Random random, int count)
    {
        for (int i = 0; i < count; i += 10)
        {
            EventBatch batch = new();
            for (int j = i; j < i + 10; j++)
            {
                object data = random.Next(3) switch { 0 => new Counted(0, j), 1 => new Noted($"{j}"), _ => new Deposited(j) };
                EventTag[] tags = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new EventTag($"t:{random.Next(6)}"))];
                batch.Append($"c{random.Next(3)}-{random.Next(3)}", ExpectedVersion.Any, new EventData(data) { Tags = tags });
            }

            await Store.AppendAsync(batch, Stop);
        }

        return await Store.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop);
    }
}
