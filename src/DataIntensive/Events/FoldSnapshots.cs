using DataIntensive.Diagnostics;
using DataIntensive.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataIntensive;

/// <summary>
/// Keeps the states of streams, so that a long one need not be read from its first event. A kept state is used only by programs with the
/// same stamp: the same form of the state, the same names and versions of the events, the same <see cref="FoldVersion"/>; others read the
/// stream and keep their own, so an old and a new program may run side by side.
/// </summary>
/// <typeparam name="TState">The type of the state. Treat it as immutable.</typeparam>
/// <remarks>
/// States are written in the background, after a load that met the policy: no append waits for one, and what is not written is written
/// another time. Every member may be called from any thread.
/// </remarks>
public sealed partial class FoldSnapshots<TState> : IFoldSnapshots<TState>
{
    private readonly IFoldSnapshotStore _store;
    private readonly ICodec<TState> _codec;
    private readonly FoldSnapshotOptions _options;
    private readonly HashSet<string> _named;
    private readonly ILogger _logger;
    private readonly EventMetrics _metrics;
    private readonly Lock _gate = new();
    private readonly Queue<(FoldSnapshotKey Key, FoldPoint<TState>? Point, long Version)> _waiting = new();
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private long _written;
    private long _skipped;
    private long _ignored;
    private volatile Stamp? _stamp;

    /// <summary>Makes one.</summary>
    /// <param name="store">Where the states are kept.</param>
    /// <param name="name">What the fold is called in storage, for good. Two folds of the same streams have two names.</param>
    /// <param name="codec">How a state is stored.</param>
    /// <param name="foldVersion">
    /// The version of the fold, from 1: raise it whenever the same events lead to another state than before. Older states are then not used.
    /// </param>
    /// <param name="options">When states are kept; null for the defaults.</param>
    public FoldSnapshots(IFoldSnapshotStore store, string name, ICodec<TState> codec, int foldVersion, FoldSnapshotOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentOutOfRangeException.ThrowIfLessThan(foldVersion, 1);
        _store = store;
        _codec = codec;
        _options = options ?? new FoldSnapshotOptions();
        _named = new HashSet<string>(_options.OnEvents, StringComparer.Ordinal);
        Name = name;
        FoldVersion = foldVersion;
        Database? database = (store as DatabaseFoldSnapshotStore)?.Database;
        ILoggerFactory loggers = _options.LoggerFactory ?? database?.Options.LoggerFactory ?? NullLoggerFactory.Instance;
        _metrics = EventMetrics.Of(database);
        _logger = loggers.CreateLogger("DataIntensive.FoldSnapshots");
    }

    /// <summary>What the fold is called in storage.</summary>
    public string Name { get; }

    /// <summary>The version of the fold.</summary>
    public int FoldVersion { get; }

    /// <summary>How many states were written since this object was made.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>How many states were not written, because too many were waiting or writing failed.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>How many kept states could not be read, and were passed over.</summary>
    public long Ignored => Volatile.Read(ref _ignored);

    /// <summary>Returns when the states that wait to be written now are written, or given up.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return _writing.WaitAsync(cancellationToken);
        }
    }

    bool IFoldSnapshots<TState>.IsNamed(string eventName) => _named.Contains(eventName);

    async ValueTask<FoldPoint<TState>?> IFoldSnapshots<TState>.FindAsync(FoldSource source, Type eventType, StreamId stream, long upToVersion, CancellationToken cancellationToken)
    {
        FoldSnapshotKey key = KeyOf(source, eventType, stream);
        FoldSnapshot? snapshot = await _store.ReadAsync(key, upToVersion, cancellationToken).ConfigureAwait(false);
        if (snapshot is null)
        {
            return null;
        }

        try
        {
            return FoldSnapshotFormat.Read(snapshot.Data.Span, _codec);
        }
        catch (Exception exception)
        {
            // It is only a copy: the stream says the same. Taken away, it is told of once.
            Interlocked.Increment(ref _ignored);
            _metrics.SnapshotsIgnored.Add(1);
            LogMessages.FoldSnapshotIgnored(_logger, Name, stream.Value, snapshot.Version, exception);
            TryQueue(key, point: null, snapshot.Version);
            return null;
        }
    }

    FoldPoint<TState> IFoldSnapshots<TState>.Consider(FoldSource source, Type eventType, StreamId stream, FoldPoint<TState> point, bool sawNamedEvent)
    {
        long since = point.Version - point.SnapshotVersion;
        bool isDue = since > 0 && (sawNamedEvent || since >= _options.EveryEvents || point.LastTime - point.SnapshotTime >= _options.Every);
        return isDue && TryQueue(KeyOf(source, eventType, stream), point, point.Version)
            ? point with { SnapshotVersion = point.Version, SnapshotTime = point.LastTime }
            : point;
    }

    private FoldSnapshotKey KeyOf(FoldSource source, Type eventType, StreamId stream)
    {
        // The same all the time but for an event store that was opened anew.
        if (_stamp is not { } stamp || stamp.Types != source.Types || stamp.EventType != eventType)
        {
            stamp = new Stamp(source.Types, eventType, FoldStamp.Of(_codec, FoldVersion, source.Types, eventType));
            _stamp = stamp;
        }

        return new FoldSnapshotKey(source.Store, source.Tenant, stream, Name, stamp.Text);
    }

    private sealed record Stamp(EventTypes? Types, Type EventType, string Text);
}
