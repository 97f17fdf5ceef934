using System.Globalization;

namespace DataIntensive.Specs.Events;

/// <summary>
/// Streams of events, some of them poison, and a subscription that is run again and again: its handler fails now and then, is stopped in the
/// middle, or takes too long. Of each event the database holds how often it had its effect, and of each stream in which order.
/// </summary>
internal sealed class GroupWorkload(GroupKind kind, int seed)
{
    private const int Streams = 6;
    private const string Name = "group";
    private readonly Random _random = new(seed);
    private bool _isMended;
    private int _calls;
    private int _failures;
    private int _late;
    private int _stops;

    public static DatabaseSchema Schema { get; } = new DatabaseSchema()
        .AddEvents(events => events.Map("said", 1, SaidJson.Default.Said))
        .AddStore<long, int>("effects")
        .AddStore<string, string>("orders")
        .AddCheckpoints();

    public string Report => $"{_calls} calls, {_failures} failures, {_late} late, {_stops} stops";

    public int Failures => _failures;

    public int Late => _late;

    public static async Task AppendAsync(Database database, int count, Random random)
    {
        for (int i = 0; i < count; i++)
        {
            (await database.Events().AppendAsync($"s{random.Next(Streams)}", ExpectedVersion.Any, [new Said("x")])).OrThrow();
        }
    }

    /// <summary>Runs the subscription some times, each until it is stopped or there is no more, and replays between.</summary>
    public async Task RunAsync(Database database, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using CancellationTokenSource stop = new();
            EventSubscription subscription = Of(database, stop, stopsAfter: _random.Next(1, 60));
            try
            {
                if (_random.Next(4) == 0)
                {
                    await subscription.ReplayParkedAsync(cancellationToken: stop.Token);
                }

                await subscription.RunToEndAsync(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                _stops++;
            }
            catch (SubscriptionHandlerException stuck) when (stuck.InnerException is TimeoutException)
            {
                // On a busy machine more handlers are late than may be.
                _stops++;
            }
        }
    }

    /// <summary>Every event has its effect once or a dead letter, each stream was handled in order up to its first dead letter.</summary>
    public async Task CheckAsync(Database database)
    {
        await ToEndAsync(database);
        EventSubscription subscription = Of(database, stop: null, stopsAfter: 0);
        List<ParkedEvent> parked = await subscription.ReadParkedAsync().ToListAsync();
        Dictionary<long, int> effects = Effects(database);
        HashSet<long> letters = [.. parked.Select(p => p.Position.Value)];
        foreach (long position in Positions(database))
        {
            (effects.GetValueOrDefault(position), letters.Contains(position)).Should().BeOneOf((1, false), (0, true));
        }

        parked.Should().NotBeEmpty();
        foreach (IGrouping<string, ParkedEvent> stream in parked.GroupBy(p => p.Letter.Key))
        {
            long first = stream.Min(p => p.Events.Single().Version);
            OrderOf(database, stream.Key).Should().Equal(Versions(first - 1));
        }

        // From here on nothing is late, however busy the machine.
        _isMended = true;
        subscription = Of(database, stop: null, stopsAfter: 0);
        (await subscription.ReplayParkedAsync()).Should().Be(new ReplayedEvents(parked.Count, 0, 0));
        await GroupWorkload.AppendAsync(database, 10, _random);
        await ToEndAsync(database);
        Effects(database).Should().Equal(Positions(database).ToDictionary(position => position, _ => 1));
        for (int i = 0; i < Streams; i++)
        {
            OrderOf(database, $"s{i}").Should().Equal(Versions(database.Events().Version($"s{i}")));
        }

        (await subscription.ReadParkedAsync().ToListAsync()).Should().BeEmpty();
    }

    // A busy machine may stop it, but not for ever.
    private async Task ToEndAsync(Database database)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                await Of(database, stop: null, stopsAfter: 0).RunToEndAsync();
                return;
            }
            catch (SubscriptionHandlerException stuck) when (stuck.InnerException is TimeoutException && i < 100)
            {
            }
        }
    }

    private EventSubscription Of(Database database, CancellationTokenSource? stop, int stopsAfter)
    {
        SubscriptionOptions options = new()
        {
            Members = kind == GroupKind.InOrder ? 1 : 4,
            MaxInFlight = 20,
            MaxAttempts = 3,
            EventsPerCheckpoint = 5,
            Poison = PoisonEvents.Park,
            RetryDelay = TimeSpan.FromTicks(1),
            HandlerTimeout = kind == GroupKind.Waiting && !_isMended ? TimeSpan.FromMilliseconds(20) : Timeout.InfiniteTimeSpan,
        };
        int left = stopsAfter;
        return kind == GroupKind.Waiting
            ? EventSubscription.Create(
                database.Events(),
                database.Checkpoints(),
                Name,
                EventQuery.All,
                async (transaction, recorded, token) =>
                {
                    Handle(database, transaction, recorded, stop, ref left);
                    if (!_isMended && recorded.Position.Value % 17 == seed % 17 && Roll(3) == 0)
                    {
                        // Its token is not heeded: it writes, and tries to commit, when another has the event.
                        Interlocked.Increment(ref _late);
                        await Task.Delay(30, CancellationToken.None);
                    }
                    else
                    {
                        await Task.Yield();
                    }
                },
                options)
            : EventSubscription.Create(
                database.Events(),
                database.Checkpoints(),
                Name,
                EventQuery.All,
                (transaction, recorded) => Handle(database, transaction, recorded, stop, ref left),
                options);
    }

    private void Handle(Database database, DatabaseTransaction transaction, RecordedEvent recorded, CancellationTokenSource? stop, ref int left)
    {
        Interlocked.Increment(ref _calls);
        database.Store<long, int>("effects").In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
        database.Store<string, string>("orders").In(transaction).Update(recorded.Stream.Value, entry => $"{entry.Value} {recorded.Version}");
        if (stop is not null && Interlocked.Decrement(ref left) == 0)
        {
            _ = stop.CancelAsync();
        }

        bool isPoison = recorded.Position.Value * 31 % 47 == seed % 47;
        if (!_isMended && (isPoison || Roll(10) == 0))
        {
            Interlocked.Increment(ref _failures);
            throw new InvalidDataException("poison");
        }
    }

    private int Roll(int sides)
    {
        lock (_random)
        {
            return _random.Next(sides);
        }
    }

    private static IEnumerable<long> Versions(long last) => Enumerable.Range(1, (int)last).Select(version => (long)version);

    private static IEnumerable<long> Positions(Database database) => Versions(database.Events().Head.Value);

    private static Dictionary<long, int> Effects(Database database) => database.Store<long, int>("effects").ReadAll().ToDictionary(entry => entry.Key, entry => entry.Value.Value);

    private static IEnumerable<long> OrderOf(Database database, string stream) =>
        (database.Store<string, string>("orders").Read(stream).Value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(version => long.Parse(version, CultureInfo.InvariantCulture));
}
