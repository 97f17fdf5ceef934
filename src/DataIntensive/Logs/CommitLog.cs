using System.Security.Cryptography;
using DataIntensive.Diagnostics;
using DataIntensive.Logs;
using DataIntensive.Storage;
using Microsoft.Extensions.Logging;

namespace DataIntensive;

/// <summary>The append-only log in files: checked frames, group commit, fsync before the acknowledgement.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> A commit acknowledged with <see cref="Durability.Disk"/> survives the machine; it is there entirely or not at all.</para>
/// <para><b>Order.</b> One order of positions, dense from 1, for writers, completions and readers.</para>
/// <para><b>After a crash.</b> Opening cuts an unfinished last write, keeps the cut bytes aside and reports it
/// (<see cref="Recovery"/>); any other damage refuses to open with <see cref="LogCorruptException"/> and changes nothing.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread; one process at a time writes a folder.</para>
/// <para><b>Cost.</b> One write and one fsync for all commits that wait together; 84 bytes a frame and 12 a record on disk.</para>
/// <para><b>Not guaranteed.</b> The outcome of commits under way when a write fails (<see cref="LogPoisonedException"/>); and
/// damage to the end of a log that was not closed can look like an unfinished write.</para>
/// </remarks>
public sealed partial class CommitLog : ICommitLog
{
    private readonly object _gate = new();
    private readonly IStorage _storage;
    private readonly CommitLogOptions _options;
    private readonly ILogger _logger;
    private readonly IDisposable? _storageLock;
    private readonly long _epoch;
    private FrameBuffer _filling;
    private FrameBuffer _spare;
    private LogSegment[] _segments;
    private LogSegment? _active;
    private LogManifest _manifest;
    private IStorageFile? _manifestFile;
    private uint _previousChecksum;
    private long _firstPosition;
    private long _nextSegment;
    private long _end;
    private long _visible;
    private long _durable;
    private long _lastTimeMicros;
    private Exception? _failure;
    private bool _closing;

    private CommitLog(IStorage storage, CommitLogOptions options, ILogger logger, IDisposable? storageLock, RecoveredLog recovered)
    {
        _storage = storage;
        _options = options;
        _filling = NewFrameBuffer();
        _spare = NewFrameBuffer();
        _logger = logger;
        _storageLock = storageLock;
        _segments = [.. recovered.Segments];
        _manifest = recovered.Manifest ?? LogManifest.New(NewLogId());
        _epoch = _manifest.Epoch + 1;
        _previousChecksum = recovered.LastChecksum;
        _lastTimeMicros = recovered.LastTimeMicros;
        _firstPosition = recovered.FirstPosition;
        _end = _visible = recovered.LastPosition;
        _durable = recovered.ProvenPosition;
        _nextSegment = _manifest.LastSegment + 1;
        Recovery = recovered.Report;
        Cache = options.RecordCacheBytes == 0 ? null : new RecordCache(options.RecordCacheBytes);
        Appender = new LogAppender(this);
    }

    /// <summary>What opening found.</summary>
    public LogRecoveryReport Recovery { get; }

    /// <inheritdoc />
    public LogRange Range
    {
        get
        {
            lock (_gate)
            {
                return new LogRange(new LogPosition(_firstPosition), new LogPosition(_durable), new LogPosition(_visible), new LogPosition(_end));
            }
        }
    }

    internal string Location => _storage.Location;

    internal LogAppender Appender { get; }

    internal IStorage Storage => _storage;

    internal bool IsWritable => _options.OpenMode == LogOpenMode.Write;

    internal bool IsSalvage => _options.OpenMode == LogOpenMode.Salvage;

    /// <summary>Opens the log in a folder, creating both when they are not there.</summary>
    /// <param name="directory">The folder; its parents are created too.</param>
    /// <param name="options">How the log works; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the recovery; the folder is left as it was.</param>
    /// <exception cref="StorageLockedException">Another writer has the folder.</exception>
    /// <exception cref="LogCorruptException">A file is damaged where no crash can have torn it.</exception>
    /// <exception cref="LogFormatException">The log is of a newer format.</exception>
    public static Task<CommitLog> OpenAsync(string directory, CommitLogOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync(new FileStorage(directory), options, cancellationToken);

    /// <summary>Opens the log in a storage. The log disposes the storage.</summary>
    /// <inheritdoc cref="OpenAsync(string, CommitLogOptions?, CancellationToken)"/>
    public static Task<CommitLog> OpenAsync(IStorage storage, CommitLogOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(storage);
        // Recovery is reading and checking: it belongs on the pool, not on the caller's thread.
        return Task.Run(() => Open(storage, options ?? new CommitLogOptions(), cancellationToken), cancellationToken);
    }

    /// <inheritdoc />
    public LogReader OpenReader(LogPosition after = default, Durability upTo = Durability.Disk)
    {
        CommitLogReader reader = new(this, upTo);
        reader.Seek(after);
        return reader;
    }

    /// <summary>Writes what waits, notes that the end is proven, and closes the files. A reader that waits is told that no more will come; one that still reads gets <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            _closing = true;
        }

        // A compaction that is under way notices and gives up.
        _maintenance.Wait();
        StopWriter();
        Cache?.Close();
        Cache = null;
        try
        {
            CloseCleanly();
        }
        finally
        {
            _maintenance.Release();
            ReleaseWaiters();
            foreach (LogSegment segment in _segments)
            {
                segment.Dispose();
            }

            _spareSegment?.File.Dispose();
            _manifestFile?.Dispose();
            _storageLock?.Dispose();
            _storage.Dispose();
        }
    }

    /// <inheritdoc cref="Dispose" />
    public async ValueTask DisposeAsync() => await Task.Run(Dispose).ConfigureAwait(false);

    private static CommitLog Open(IStorage storage, CommitLogOptions options, CancellationToken cancellationToken)
    {
        ILogger logger = options.LoggerFactory.CreateLogger("DataIntensive.CommitLog");
        IDisposable? storageLock = options.OpenMode == LogOpenMode.Write ? storage.Lock() : null;
        try
        {
            RecoveredLog recovered = options.OpenMode == LogOpenMode.Salvage
                ? LogSalvage.Run(storage, cancellationToken)
                : LogRecovery.Run(storage, options, cancellationToken);
            if (recovered.Report.TornBytes > 0)
            {
                LogMessages.TornTail(logger, recovered.Report.TornFile!, recovered.Report.TornOffset, recovered.Report.TornBytes, recovered.Report.KeptAside ?? "nothing");
            }

            LogMessages.LogOpened(logger, storage.Location, recovered.LastPosition, recovered.Segments.Count);
            CommitLog log = new(storage, options, logger, storageLock, recovered);
            if (storageLock is not null && !recovered.Report.WasClosed)
            {
                // What recovery decided is noted at once, so that no later damage can make the next one decide otherwise.
                log.CloseEnd();
            }

            return log;
        }
        catch
        {
            storageLock?.Dispose();
            throw;
        }
    }

    private static Guid NewLogId()
    {
        Span<byte> id = stackalloc byte[16];
        RandomNumberGenerator.Fill(id);
        return new Guid(id);
    }
}
