namespace DataIntensive;

/// <summary>
/// Gives changes to handlers, by table. Register the handlers, then run it. All of one consumer's handlers write either through the
/// transaction they are given (<see cref="On"/>: exactly one effect) or elsewhere (<see cref="OnExternal"/>: at least one).
/// </summary>
/// <inheritdoc cref="IChangeConsumer" path="/remarks"/>
public sealed partial class ChangeConsumer : IChangeConsumer
{
    private readonly IChangeSource _source;
    private readonly ICheckpointStore _checkpoints;
    private readonly ChangeConsumerOptions _options;
    private readonly Dictionary<string, Action<DatabaseTransaction, ChangeEvent>> _handlers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<ChangeEvent, CancellationToken, ValueTask>> _externalHandlers = new(StringComparer.Ordinal);
    private Action<DatabaseTransaction, ChangeEvent>? _other;
    private Func<ChangeEvent, CancellationToken, ValueTask>? _otherExternal;
    private bool _complete;
    private long _position;
    private long _handled;
    private long _skipped;

    private ChangeConsumer(IChangeSource source, ICheckpointStore checkpoints, string name, ChangeConsumerOptions? options)
    {
        _source = source;
        _checkpoints = checkpoints;
        _options = options ?? new ChangeConsumerOptions();
        Name = name;
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public LogPosition Position => new(Volatile.Read(ref _position));

    /// <summary>How many changes were handled since this object was made.</summary>
    public long Handled => Volatile.Read(ref _handled);

    /// <summary>How many changes were delivered again and dropped, because they had been processed already.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    private bool IsExternal => _externalHandlers.Count > 0 || _otherExternal is not null;

    private bool IsTransactional => _handlers.Count > 0 || _other is not null;

    /// <summary>Makes a consumer of the tables of a database, which keeps its checkpoint too.</summary>
    /// <param name="database">The database. Its schema declares checkpoints.</param>
    /// <param name="name">The consumer's name, for good. Consumers of every kind share the names of one database.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">The schema declares no checkpoints.</exception>
    public static ChangeConsumer Create(Database database, string name, ChangeConsumerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        return Create(database.ChangeSource(), database.Checkpoints(), name, options);
    }

    /// <summary>Makes a consumer of any source.</summary>
    /// <param name="source">Where the changes come from.</param>
    /// <param name="checkpoints">
    /// Where it keeps its checkpoint. A database's (<see cref="CheckpointSchemaExtensions.Checkpoints"/>) gives handlers a transaction of that database.
    /// </param>
    /// <param name="name">The consumer's name, for good.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    public static ChangeConsumer Create(IChangeSource source, ICheckpointStore checkpoints, string name, ChangeConsumerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new ChangeConsumer(source, checkpoints, name, options);
    }

    /// <summary>Handles a table's changes with effects in the database: they and the checkpoint become one commit.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="handler">
    /// Writes through the transaction, which reads the newest state. Short, without waiting and without I/O, as all other commits wait for
    /// it; may run again before anything is kept. When it throws, nothing of the change's transaction is kept, and the consumer stops.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The source has no such table or other types for it, it has a handler already, others of this consumer are external, the checkpoints are
    /// not in a database, or the consumer was run already.
    /// </exception>
    public ChangeConsumer On<TKey, TRow>(string table, Action<DatabaseTransaction, ChangeEvent<TKey, TRow>> handler)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(handler);
        ThrowIfNotRegistrable<TKey, TRow>(table);
        ThrowIfNotTransactional();
        _handlers.Add(table, (transaction, change) => handler(transaction, (ChangeEvent<TKey, TRow>)change));
        return this;
    }

    /// <summary>Handles a table's changes with effects elsewhere. The checkpoint is saved after all handlers of a transaction have returned.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="handler">
    /// May get a change again after a crash: make its effect idempotent, for example by <see cref="ChangeEvent.Position"/>. When it throws, the
    /// consumer stops, and delivers the change's whole transaction again at its next run.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The source has no such table or other types for it, it has a handler already, others of this consumer are not external, or the consumer
    /// was run already.
    /// </exception>
    public ChangeConsumer OnExternal<TKey, TRow>(string table, Func<ChangeEvent<TKey, TRow>, CancellationToken, ValueTask> handler)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(handler);
        ThrowIfNotRegistrable<TKey, TRow>(table);
        ThrowIfTransactional();
        _externalHandlers.Add(table, (change, cancellationToken) => handler((ChangeEvent<TKey, TRow>)change, cancellationToken));
        return this;
    }

    /// <summary>Handles the changes of all tables that have no handler of their own.</summary>
    /// <param name="handler">As in <see cref="On"/>.</param>
    /// <exception cref="InvalidOperationException">As in <see cref="On"/>.</exception>
    public ChangeConsumer OnOther(Action<DatabaseTransaction, ChangeEvent> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ThrowIfOtherIsSet();
        ThrowIfNotTransactional();
        _other = handler;
        return this;
    }

    /// <summary>Handles the changes of all tables that have no handler of their own, with effects elsewhere.</summary>
    /// <param name="handler">As in <see cref="OnExternal"/>.</param>
    /// <exception cref="InvalidOperationException">As in <see cref="OnExternal"/>.</exception>
    public ChangeConsumer OnOtherExternal(Func<ChangeEvent, CancellationToken, ValueTask> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ThrowIfOtherIsSet();
        ThrowIfTransactional();
        _otherExternal = handler;
        return this;
    }

    private void ThrowIfNotRegistrable<TKey, TRow>(string table)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        ThrowIfComplete();
        ChangeTable found = _source.Tables.FirstOrDefault(offered => offered.Name == table)
            ?? throw new InvalidOperationException($"The source has no table '{table}'. It has: {string.Join(", ", _source.Tables.Select(offered => $"'{offered.Name}'"))}.");
        if (found.KeyType != typeof(TKey) || found.RowType != typeof(TRow))
        {
            throw new InvalidOperationException($"The table '{table}' has keys of {found.KeyType} and rows of {found.RowType}; the handler takes {typeof(TKey)} and {typeof(TRow)}.");
        }

        if (_handlers.ContainsKey(table) || _externalHandlers.ContainsKey(table))
        {
            throw new InvalidOperationException($"The table '{table}' has a handler already.");
        }
    }

    private void ThrowIfOtherIsSet()
    {
        ThrowIfComplete();
        if (_other is not null || _otherExternal is not null)
        {
            throw new InvalidOperationException("There is a handler for all other tables already.");
        }
    }

    private void ThrowIfComplete()
    {
        if (_complete)
        {
            throw new InvalidOperationException("Handlers are registered before the consumer is run.");
        }
    }

    private void ThrowIfNotTransactional()
    {
        if (_checkpoints is not DatabaseCheckpointStore)
        {
            throw new InvalidOperationException("The checkpoints are not in a database, so there is no transaction for the handler.");
        }

        if (IsExternal)
        {
            throw new InvalidOperationException("This consumer's handlers are external. Handlers that write in the transaction need a consumer of their own.");
        }
    }

    private void ThrowIfTransactional()
    {
        if (IsTransactional)
        {
            throw new InvalidOperationException("This consumer's handlers write in the transaction. External handlers need a consumer of their own.");
        }
    }
}
