using DataIntensive.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;

namespace DataIntensive;

/// <summary>Says what a database in a container holds and where it is. <c>AddDataIntensive</c> hands it out.</summary>
public sealed class DataIntensiveBuilder
{
    private const string DefaultEvents = "events";
    private const string DefaultIdempotency = "idempotency";

    private readonly string? _databaseKey;
    private string? _directory;
    private bool _inMemory;

    internal DataIntensiveBuilder(IServiceCollection services, string? databaseKey)
    {
        Services = services;
        _databaseKey = databaseKey;
    }

    /// <summary>The container that is being set up.</summary>
    public IServiceCollection Services { get; }

    /// <summary>What the database holds. The methods of this builder declare in it, and register what they declare.</summary>
    public DatabaseSchema Schema { get; } = new();

    /// <summary>
    /// How the database works. Default: the defaults. Logger factory, meter factory and time provider of the container are used where
    /// this leaves them at their defaults.
    /// </summary>
    public DatabaseOptions Options
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new();

    /// <summary>Keeps the database in a folder.</summary>
    public DataIntensiveBuilder UseDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _directory = directory;
        _inMemory = false;
        return this;
    }

    /// <summary>Keeps the database in memory, without durability: for tests and trials.</summary>
    public DataIntensiveBuilder UseMemory()
    {
        _inMemory = true;
        return this;
    }

    /// <summary>Declares a linearizable store, and registers it as <see cref="ILinearizableStore{TKey,TValue}"/> keyed by its name.</summary>
    /// <inheritdoc cref="StoreSchemaExtensions.AddStore{TKey,TValue}"/>
    public DataIntensiveBuilder AddStore<TKey, TValue>(string name, ICodec<TValue>? values = null, ICodec<TKey>? keys = null)
        where TKey : notnull
    {
        Schema.AddStore(name, values, keys);
        Register<ILinearizableStore<TKey, TValue>>(name, accessor => new LazyStore<TKey, TValue>(accessor, name));
        return this;
    }

    /// <summary>Declares checkpoints, and registers them as <see cref="ICheckpointStore"/>.</summary>
    public DataIntensiveBuilder AddCheckpoints()
    {
        Schema.AddCheckpoints();
        Register<ICheckpointStore>(name: null, accessor => new LazyCheckpointStore(accessor));
        return this;
    }

    /// <summary>
    /// Declares an event store, and registers it as <see cref="IEventStore"/>: keyed by its name, and without a key when it has the
    /// default one.
    /// </summary>
    /// <inheritdoc cref="EventSchemaExtensions.AddEvents"/>
    public DataIntensiveBuilder AddEvents(Action<EventMap> map, string name = DefaultEvents, EventStoreOptions? options = null)
    {
        Schema.AddEvents(map, name, options);
        RegisterNamed<IEventStore>(name, DefaultEvents, accessor => new LazyEventStore(accessor, name));
        return this;
    }

    /// <summary>Declares fold snapshots, and registers them as <see cref="IFoldSnapshotStore"/>.</summary>
    public DataIntensiveBuilder AddFoldSnapshots()
    {
        Schema.AddFoldSnapshots();
        Register<IFoldSnapshotStore>(name: null, accessor => new LazyFoldSnapshotStore(accessor));
        return this;
    }

    /// <summary>
    /// Declares an idempotency processor, and registers it as <see cref="IIdempotencyProcessor"/>: keyed by its name, and without a key
    /// when it has the default one.
    /// </summary>
    /// <inheritdoc cref="IdempotencySchemaExtensions.AddIdempotency"/>
    public DataIntensiveBuilder AddIdempotency(IdempotencyOptions? options = null, string name = DefaultIdempotency)
    {
        Schema.AddIdempotency(options, name);
        RegisterNamed<IIdempotencyProcessor>(name, DefaultIdempotency, accessor => new LazyIdempotencyProcessor(accessor, name));
        return this;
    }

    /// <summary>Declares a causal store, and registers it as <see cref="ICausalStore{TKey,TValue}"/> keyed by its name.</summary>
    /// <inheritdoc cref="CausalSchemaExtensions.AddCausalStore{TKey,TValue}"/>
    public DataIntensiveBuilder AddCausalStore<TKey, TValue>(string name, ReplicaId replica, ICodec<TValue>? values = null, ICodec<TKey>? keys = null, CausalStoreOptions? options = null)
        where TKey : notnull
    {
        Schema.AddCausalStore(name, replica, values, keys, options);
        Register<ICausalStore<TKey, TValue>>(name, accessor => new LazyCausalStore<TKey, TValue>(accessor, name, replica));
        return this;
    }

    /// <summary>Declares a table whose changes are captured, and registers its <see cref="IChangeProducer{TKey,TRow}"/> keyed by its name.</summary>
    /// <inheritdoc cref="ChangeSchemaExtensions.AddTable{TKey,TRow}"/>
    public DataIntensiveBuilder AddTable<TKey, TRow>(string name, ICodec<TRow>? rows = null, ICodec<TKey>? keys = null)
        where TKey : notnull
    {
        Schema.AddTable(name, rows, keys);
        Register<IChangeProducer<TKey, TRow>>(name, accessor => new LazyChangeProducer<TKey, TRow>(accessor, name));
        return this;
    }

    /// <summary>Declares what exactly-once runs of data streams keep their state in.</summary>
    public DataIntensiveBuilder AddStreams()
    {
        Schema.AddStreams();
        return this;
    }

    internal Task<Database> OpenAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        DatabaseOptions options = Options.WithServicesOf(provider);
        if (_inMemory)
        {
            return Task.FromResult(Database.InMemory(Schema, options));
        }

        return _directory is null
            ? throw new InvalidOperationException($"Say where the database is: call {nameof(UseDirectory)} or {nameof(UseMemory)}.")
            : Database.OpenAsync(_directory, Schema, options, cancellationToken);
    }

    private void RegisterNamed<TService>(string name, string defaultName, Func<DatabaseAccessor, TService> create)
        where TService : class
    {
        Register(name, create);
        if (name == defaultName)
        {
            Register(name: null, create);
        }
    }

    // A named part of the default database is keyed by its name, one of a keyed database by "key/name".
    private void Register<TService>(string? name, Func<DatabaseAccessor, TService> create)
        where TService : class
    {
        string? key = (_databaseKey, name) switch
        {
            (null, _) => name,
            (_, null) => _databaseKey,
            _ => $"{_databaseKey}/{name}",
        };
        if (key is null)
        {
            Services.AddSingleton(provider => create(provider.GetRequiredService<DatabaseAccessor>()));
        }
        else
        {
            string? databaseKey = _databaseKey;
            Services.AddKeyedSingleton(key, (provider, _) => create(
                databaseKey is null ? provider.GetRequiredService<DatabaseAccessor>() : provider.GetRequiredKeyedService<DatabaseAccessor>(databaseKey)));
        }
    }
}
