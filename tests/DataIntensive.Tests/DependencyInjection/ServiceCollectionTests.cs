using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.DependencyInjection;

public sealed class ServiceCollectionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Store_Injected_OpensTheDatabaseAtItsFirstCall()
    {
        using TemporaryDirectory directory = new();
        string folder = directory.File("database");
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder.UseDirectory(folder).AddStore<string, int>("stock").AddCheckpoints());
        services.AddSingleton<Clerk>();
        await using (ServiceProvider provider = services.BuildServiceProvider(validateScopes: true))
        {
            Clerk clerk = provider.GetRequiredService<Clerk>();
            Directory.Exists(folder).Should().BeFalse("nothing is opened by resolving");
            provider.Invoking(p => p.GetRequiredService<Database>()).Should().Throw<InvalidOperationException>();

            await clerk.ReceiveAsync("apple", 3, Stop);

            (await clerk.CountAsync("apple", Stop)).Should().Be(3);
            provider.GetRequiredService<Database>().Store<string, int>("stock").Read("apple").Value.Should().Be(3);
            await provider.GetRequiredService<ICheckpointStore>().SaveAsync("c", new LogPosition(1), Stop);
        }

        await using Database reopened = await Database.OpenAsync(folder, new DatabaseSchema().AddStore<string, int>("stock"), cancellationToken: Stop);
        reopened.Store<string, int>("stock").Read("apple").Value.Should().Be(3);
    }

    [Fact]
    public async Task Subscription_OverWhatIsInjected_ParksInTheDatabaseAndHasItsNameThere()
    {
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder.UseMemory().AddEvents(Events.TestEvents.Map).AddCheckpoints());
        await using ServiceProvider provider = services.BuildServiceProvider();
        IEventStore events = provider.GetRequiredService<IEventStore>();
        SubscriptionOptions options = new() { Members = 2, Poison = PoisonEvents.Park };
        EventSubscription subscription = EventSubscription.Create(events, provider.GetRequiredService<ICheckpointStore>(), "injected", EventQuery.All, (_, _) => throw new IOException("broken"), options);
        using CancellationTokenSource stop = new();
        await events.AppendAsync("a", ExpectedVersion.None, [new Events.Counted(0, 1)], Stop);
        Task run = subscription.RunAsync(stop.Token);
        while (subscription.Status == SubscriptionStatus.Stopped)
        {
            await Task.Delay(1, Stop);
        }

        await subscription.WaitForAsync(new EventPosition(1), Stop);
        DatabaseCheckpointStore checkpoints = provider.GetRequiredService<Database>().Checkpoints();
        (await checkpoints.ReadDeadLettersAsync(cancellationToken: Stop)).Should().ContainSingle().Which.Consumer.Should().Be("injected");
        EventSubscription second = EventSubscription.Create(events, checkpoints, "injected", EventQuery.All, (_, _) => { });
        await second.Awaiting(s => s.RunToEndAsync(Stop)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*'injected'*");
        await stop.CancelAsync();
        await FluentActions.Awaiting(() => run).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task FoldSnapshots_Injected_AreThoseOfTheDatabase()
    {
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder.UseMemory().AddFoldSnapshots());
        await using ServiceProvider provider = services.BuildServiceProvider();
        IFoldSnapshotStore snapshots = provider.GetRequiredService<IFoldSnapshotStore>();
        FoldSnapshotKey key = new("events", "", "account-1", "balance", "stamp");

        await snapshots.SaveAsync(key, new FoldSnapshot(3, new byte[] { 7 }), kept: 2, Stop);

        DatabaseFoldSnapshotStore own = provider.GetRequiredService<Database>().FoldSnapshots();
        (await own.ReadAsync(key, upToVersion: 5, Stop))!.Version.Should().Be(3);
        (await snapshots.ReadAsync(key, upToVersion: 5, Stop))!.Data.ToArray().Should().Equal(7);
        await snapshots.DeleteAsync(key, version: 3, Stop);
        (await own.ReadAsync(key, upToVersion: 5, Stop)).Should().BeNull();
    }

    [Fact]
    public async Task EveryPattern_CanBeInjectedBeforeTheDatabaseIsOpen()
    {
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder
            .UseMemory()
            .AddEvents(events => events.Map<string>("said"))
            .AddIdempotency()
            .AddCausalStore<string, string>("wiki", new ReplicaId("here"))
            .AddTable<string, string>("products")
            .AddCheckpoints()
            .AddStreams());
        await using ServiceProvider provider = services.BuildServiceProvider();
        IEventStore events = provider.GetRequiredService<IEventStore>();
        IIdempotencyProcessor keys = provider.GetRequiredService<IIdempotencyProcessor>();
        ICausalStore<string, string> wiki = provider.GetRequiredKeyedService<ICausalStore<string, string>>("wiki");
        IChangeProducer<string, string> products = provider.GetRequiredKeyedService<IChangeProducer<string, string>>("products");
        provider.GetRequiredKeyedService<IEventStore>("events").Should().NotBeNull();

        (await events.AppendAsync("talk", ExpectedVersion.None, ["hello"], Stop)).Version.Should().Be(1);
        (await events.ReadStreamAsync("talk", cancellationToken: Stop).SingleAsync(Stop)).Data.Should().Be("hello");
        (await events.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(1);
        (await events.SubscribeToEventsAsync(cancellationToken: Stop).FirstAsync(Stop)).Version.Should().Be(1);
        (await events.VersionAsync("talk", Stop)).Should().Be(1);
        (await events.HeadAsync(Stop)).Value.Should().Be(1);
        IdempotencyKey key = IdempotencyKey.Create("op", 1);
        (await keys.ExecuteAsync(key, _ => new ValueTask<int>(7), cancellationToken: Stop)).Value.Should().Be(7);
        (await keys.ExecuteAsync(key, _ => new ValueTask<int>(8), cancellationToken: Stop)).Value.Should().Be(7);
        VectorClock clock = await wiki.WriteAsync("page", "text", cancellationToken: Stop);
        (await wiki.ReadAsync("page", clock, Stop)).Values.Should().Equal("text");
        (await wiki.UpdatesAfterAsync(default, cancellationToken: Stop)).Should().ContainSingle();
        (await wiki.DeleteAsync("page", cancellationToken: Stop)).Dominates(clock).Should().BeTrue();
        (await wiki.ReceiveAsync([], Stop)).Should().NotBe(clock);
        (wiki.Replica, products.Table).Should().Be((new ReplicaId("here"), "products"));
        ChangePosition inserted = await products.InsertAsync("a", "1", Stop);
        (await products.UpdateAsync("a", "1", "2", Stop)).Should().BeGreaterThan(inserted);
        await products.DeleteAsync("a", "2", Stop);
    }

    [Fact]
    public async Task OpenDataIntensive_OpensEagerlyAndFailsAtStartUp()
    {
        using TemporaryDirectory directory = new();
        await using Database owner = await Database.OpenAsync(directory.Path, new DatabaseSchema(), cancellationToken: Stop);
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder.UseDirectory(directory.Path));
        await using ServiceProvider provider = services.BuildServiceProvider();

        await provider.Awaiting(p => p.OpenDataIntensiveAsync(Stop)).Should().ThrowAsync<StorageLockedException>();

        await owner.DisposeAsync();
        await provider.OpenDataIntensiveAsync(Stop);
        provider.GetRequiredService<Database>().State.Health.Should().Be(DatabaseHealth.Healthy);
    }

    [Fact]
    public async Task OpenDataIntensive_WithoutADatabase_SaysSo()
    {
        await using ServiceProvider provider = new ServiceCollection().BuildServiceProvider();

        await provider.Awaiting(p => p.OpenDataIntensiveAsync(Stop)).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task KeyedDatabases_AreApart()
    {
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder.UseMemory().AddStore<string, int>("stock"));
        services.AddKeyedDataIntensive("archive", builder => builder.UseMemory().AddStore<string, int>("stock"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.OpenDataIntensiveAsync(Stop);

        await provider.GetRequiredKeyedService<ILinearizableStore<string, int>>("stock").WriteAsync("a", 1, Stop);
        await provider.GetRequiredKeyedService<ILinearizableStore<string, int>>("archive/stock").WriteAsync("a", 2, Stop);

        (await provider.GetRequiredKeyedService<ILinearizableStore<string, int>>("stock").ReadAsync("a", Stop)).Value.Should().Be(1);
        provider.GetRequiredKeyedService<Database>("archive").Store<string, int>("stock").Read("a").Value.Should().Be(2);
    }

    [Fact]
    public async Task Scope_ThatEnds_LeavesTheDatabaseOpen()
    {
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder.UseMemory().AddStore<string, int>("stock"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.OpenDataIntensiveAsync(Stop);
        using (IServiceScope scope = provider.CreateScope())
        {
            scope.ServiceProvider.GetRequiredService<Database>();
        }

        provider.GetRequiredService<Database>().State.Health.Should().Be(DatabaseHealth.Healthy);
    }

    [Fact]
    public async Task ClockAndLoggersOfTheContainer_AreUsed()
    {
        FakeTimeProvider clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using TemporaryDirectory directory = new();
        using CollectingLoggerProvider logs = new();
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(clock);
        services.AddLogging(logging => logging.AddProvider(logs));
        services.AddDataIntensive(builder => builder.UseDirectory(directory.Path).AddStore<string, int>("stock"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.OpenDataIntensiveAsync(Stop);

        DateTimeOffset written = await provider.GetRequiredService<Database>().Log.ReadAsync(follow: false, cancellationToken: Stop).Select(record => record.Timestamp).FirstAsync(Stop);

        written.Should().Be(clock.GetUtcNow());
        logs.Messages.Should().ContainMatch("Opened the log in *");
    }

    private sealed class Clerk([FromKeyedServices("stock")] ILinearizableStore<string, int> stock)
    {
        public async Task ReceiveAsync(string product, int quantity, CancellationToken cancellationToken) =>
            await stock.UpdateAsync(product, entry => entry.Value + quantity, cancellationToken);

        public async Task<int> CountAsync(string product, CancellationToken cancellationToken) => (await stock.ReadAsync(product, cancellationToken)).Value;
    }

    private sealed class CollectingLoggerProvider : ILoggerProvider, ILogger
    {
        public List<string> Messages { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Messages)
            {
                Messages.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
