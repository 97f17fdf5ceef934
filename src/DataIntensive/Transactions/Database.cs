using System.Diagnostics.CodeAnalysis;
using DataIntensive.Diagnostics;
using DataIntensive.Transactions;
using Microsoft.Extensions.Logging;

namespace DataIntensive;

/// <summary>
/// One log and all states derived from it: transactions over any of them are one commit, and opening rebuilds them in one pass.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> A transaction is durable, visible and atomic as one commit; strictly serializable unless
/// <see cref="TransactionIsolation.Snapshot"/> is chosen.</para>
/// <para><b>Order.</b> The order of commits in the log is the order of everything: states, watches, subscriptions, feeds.</para>
/// <para><b>After a crash.</b> Every acknowledged commit is there, and no half one. A commit under way may be there or not.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. A transaction belongs to one caller.</para>
/// <para><b>Cost.</b> States live in memory. Commits that wait together share one write and one fsync.</para>
/// <para><b>Not guaranteed.</b> That several processes can write: one does. The outcome of commits under way when a write fails.</para>
/// </remarks>
public sealed partial class Database : IAsyncDisposable, IDisposable
{
    private readonly DatabaseOptions _options;
    private readonly ILogger _logger;
    private readonly DatabaseMetrics _metrics;
    private readonly Dictionary<(string Kind, string Name), DerivedState> _states = [];
    private readonly List<RecordOwner> _owners = [];
    private IReadOnlyDictionary<string, long> _unregistered = new Dictionary<string, long>();
    private Exception? _failure;
    private bool _disposed;

    private Database(ICommitLog log, DatabaseOptions options)
    {
        Log = log;
        _options = options;
        _logger = options.LoggerFactory.CreateLogger("DataIntensive.Database");
        _metrics = new DatabaseMetrics(options.MeterFactory);
        MaxTransactionBytes = options.MaxTransactionBytes;
        Snapshots = new SnapshotSet(options.TimeProvider, options.MaxSnapshotAge);
    }

    /// <summary>The log below. Its records belong to the database's states: read it, and append through transactions only.</summary>
    public ICommitLog Log { get; }

    /// <summary>The newest visible commit: what reads see.</summary>
    public LogPosition Visible => new(Volatile.Read(ref _visible));

    /// <summary>
    /// Whether writes are taken, and why not. A poisoned database goes on reading; to write again, dispose it and open it anew, in a
    /// container by <see cref="DatabaseAccessor.ReopenAsync"/>.
    /// </summary>
    public DatabaseState State =>
        _disposed ? new DatabaseState(DatabaseHealth.Closed)
        : _failure is { } failure ? new DatabaseState(DatabaseHealth.Poisoned, failure)
        : Full is { } full ? new DatabaseState(DatabaseHealth.Full, full)
        : new DatabaseState(DatabaseHealth.Healthy);

    /// <summary>
    /// Whom the log knows but the schema does not declare, with how many records there are: for example <c>store 'old'</c>. They are kept.
    /// </summary>
    public IReadOnlyDictionary<string, long> UnregisteredOwners => _unregistered;

    internal DatabaseOptions Options => _options;

    internal DatabaseMetrics Metrics => _metrics;

    internal TimeProvider TimeProvider => _options.TimeProvider;

    internal SnapshotSet Snapshots { get; }

    internal bool IsClosed => _disposed;

    internal IEnumerable<DerivedState> States => _states.Values;

    // By tag; the first is the database itself. Fixed once it is open.
    internal IReadOnlyList<RecordOwner> Owners => _owners;

    /// <summary>Opens the database in a folder, creating it when there is none, and rebuilds all states from its log.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="schema">What the database holds.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="StorageLockedException">Another writer has the folder.</exception>
    /// <exception cref="LogCorruptException">A file is damaged where no crash can have torn it.</exception>
    /// <exception cref="LogFormatException">The log is of a newer format.</exception>
    /// <exception cref="SchemaMismatchException">A name was written with another type than is declared.</exception>
    public static async Task<Database> OpenAsync(string directory, DatabaseSchema schema, DatabaseOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        options ??= new DatabaseOptions();
        CommitLog log = await CommitLog.OpenAsync(directory, options.Log.With(options.TimeProvider, options.LoggerFactory), cancellationToken).ConfigureAwait(false);
        return await OpenAsync(log, schema, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the database over a log, which it disposes with itself, also when opening fails.</summary>
    /// <inheritdoc cref="OpenAsync(string, DatabaseSchema, DatabaseOptions?, CancellationToken)"/>
    [SuppressMessage("Reliability", "CA2000", Justification = "The database owns the log, and is returned.")]
    public static async Task<Database> OpenAsync(ICommitLog log, DatabaseSchema schema, DatabaseOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(schema);
        Database database = new(log, options ?? new DatabaseOptions());
        try
        {
            await Task.Run(() => database.Recover(schema, cancellationToken), cancellationToken).ConfigureAwait(false);
            DatabaseGauges.Of(database._metrics.Meter).Add(database);
            database.WarnIfLarge();
            database.SnapshotWhenDue();
            return database;
        }
        catch
        {
            await log.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes a database over a bounded log in memory: everything but durability.</summary>
    /// <param name="schema">What the database holds.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    public static Database InMemory(DatabaseSchema schema, DatabaseOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        options ??= new DatabaseOptions();
        // The states are made once to ask whether any of them reads old records again.
        Database probe = new(new MemoryCommitLog(), options);
        bool needsHistory = schema.Declared.Any(create => create(probe).NeedsHistory);
        MemoryCommitLog log = new(new MemoryCommitLogOptions
        {
            CapacityBytes = options.MemoryLogBytes,
            DropOldest = !needsHistory,
            TimeProvider = options.TimeProvider,
        });
        Database database = new(log, options);
        database.Recover(schema, CancellationToken.None);
        DatabaseGauges.Of(database._metrics.Meter).Add(database);
        return database;
    }

    /// <summary>Writes what is under way, and closes the log. Calls that wait get <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (BeginDispose())
        {
            _backgroundSnapshot.GetAwaiter().GetResult();
            _maintenance.Wait();
            Log.Dispose();
            FailWaiters(new ObjectDisposedException(nameof(Database)));
        }
    }

    /// <inheritdoc cref="Dispose" />
    public async ValueTask DisposeAsync()
    {
        if (BeginDispose())
        {
            await _backgroundSnapshot.ConfigureAwait(false);
            await _maintenance.WaitAsync().ConfigureAwait(false);
            await Log.DisposeAsync().ConfigureAwait(false);
            FailWaiters(new ObjectDisposedException(nameof(Database)));
        }
    }

    internal bool Has(string kind, string name) => _states.ContainsKey((kind, name));

    internal TState Get<TState>(string kind, string name)
        where TState : DerivedState
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_states.TryGetValue((kind, name), out DerivedState? state))
        {
            string declared = string.Join(", ", _states.Values.Where(other => other.Kind == kind).Select(other => $"'{other.Name}'"));
            throw new InvalidOperationException($"There is no {kind} '{name}' in the schema. Declared: {(declared.Length == 0 ? "none" : declared)}.");
        }

        return state as TState ?? throw new InvalidOperationException($"The {kind} '{name}' is declared as {state.Type}, and was asked for with other types.");
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    private bool BeginDispose()
    {
        lock (_sequencer)
        {
            bool first = !_disposed;
            _disposed = true;
            _closing.Cancel();
            Snapshots.Dispose();
            DatabaseGauges.Of(_metrics.Meter).Remove(this);
            foreach (DerivedState state in _states.Values)
            {
                state.Stop();
            }

            return first;
        }
    }
}
