using System.Diagnostics.CodeAnalysis;
using DataIntensive.Logs;

namespace DataIntensive;

/// <summary>The log without files: everything that <see cref="CommitLog"/> promises but durability, within a bound.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> A commit is there entirely or not at all. <see cref="Durability"/> makes no difference.</para>
/// <para><b>Order.</b> As <see cref="CommitLog"/>.</para>
/// <para><b>After a crash.</b> Nothing is left.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> The bytes of the records, 12 more each, up to <see cref="MemoryCommitLogOptions.CapacityBytes"/>.</para>
/// <para><b>Not guaranteed.</b> That old records stay, where <see cref="MemoryCommitLogOptions.DropOldest"/> is chosen.</para>
/// </remarks>
public sealed class MemoryCommitLog : ICommitLog
{
    // What is dropped, is dropped by whole chunks: of a small log they are small. Large ones are too large to be moved by garbage
    // collections, as a log lives long.
    private const int ChunksAtLeast = 8;
    private const int LeastChunkBytes = 4 * 1024;
    private const int MostChunkBytes = 128 * 1024;

    private readonly Lock _gate = new();
    private readonly MemoryCommitLogOptions _options;
    private readonly int _chunkBytes;
    private readonly Queue<(ILogCompletion Completion, long Position)> _waiting = new();
    private MemoryLogChunk[] _chunks = [];
    private long _keptBytes;
    private long _end;
    private long _visible;
    private long _lastMicros;
    private bool _completing;
    private bool _disposed;
    private TaskCompletionSource? _advanced;

    /// <summary>Makes an empty log.</summary>
    /// <param name="options">How it works; null for the defaults.</param>
    public MemoryCommitLog(MemoryCommitLogOptions? options = null)
    {
        _options = options ?? new MemoryCommitLogOptions();
        _chunkBytes = (int)Math.Clamp(_options.CapacityBytes / ChunksAtLeast, LeastChunkBytes, MostChunkBytes);
        Appender = new LogAppender(this);
    }

    /// <inheritdoc />
    public LogRange Range
    {
        get
        {
            lock (_gate)
            {
                long first = _chunks.Length == 0 ? 1 : _chunks[0].FirstPosition;
                return new LogRange(new LogPosition(first), new LogPosition(_visible), new LogPosition(_visible), new LogPosition(_end));
            }
        }
    }

    internal LogAppender Appender { get; }

    internal TimeProvider TimeProvider => _options.TimeProvider;

    /// <inheritdoc />
    public bool TryAppend(LogBatch batch, Durability durability, ILogCompletion completion, out LogPosition position)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(completion);
        ThrowIfUnfit(batch);
        lock (_gate)
        {
            position = Append_NeedsLock(batch);
            _waiting.Enqueue((completion, _end));
            return true;
        }
    }

    /// <inheritdoc />
    public void Push(bool lead)
    {
        ILogCompletion? completion;
        long position;
        lock (_gate)
        {
            // One thread completes at a time, so that completions keep log order; it takes what others put in line.
            if (_completing || !TryTake_NeedsLock(out completion, out position))
            {
                return;
            }

            _completing = true;
        }

        while (true)
        {
            completion.Complete(new LogPosition(position), failure: null);
            lock (_gate)
            {
                if (!TryTake_NeedsLock(out completion, out position))
                {
                    _completing = false;
                    return;
                }
            }
        }
    }

    /// <inheritdoc />
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public LogReader OpenReader(LogPosition after = default, Durability upTo = Durability.Disk)
    {
        MemoryCommitLogReader reader = new(this);
        reader.Seek(after);
        return reader;
    }

    /// <inheritdoc />
    public ValueTask TrimAsync(LogPosition before, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (before.Value > _visible + 1)
            {
                throw new ArgumentOutOfRangeException(nameof(before), before, $"The log ends at position {_visible}.");
            }

            int drop = 0;
            while (drop < _chunks.Length - 1 && _chunks[drop + 1].FirstPosition <= before.Value)
            {
                _keptBytes -= _chunks[drop++].Length;
            }

            _chunks = _chunks[drop..];
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the log. A reader that waits is told that no more will come.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _advanced?.TrySetResult();
            _advanced = null;
        }
    }

    /// <inheritdoc cref="Dispose" />
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    // What stands in no line is visible at once. False, with nothing done, when others wait or are being told: they come first.
    internal bool TryAppendAtOnce(LogBatch batch, out LogPosition position)
    {
        ThrowIfUnfit(batch);
        lock (_gate)
        {
            if (_completing || _waiting.Count > 0)
            {
                position = default;
                return false;
            }

            position = Append_NeedsLock(batch);
            Advance_NeedsLock(position.Value);
            return true;
        }
    }

    // The chunk that holds the record behind the position, and how far it may be read.
    internal MemoryLogChunk? ChunkBehind(LogPosition after, out LogPosition visible)
    {
        lock (_gate)
        {
            visible = new LogPosition(_visible);
            if (after.Value >= _visible)
            {
                return null;
            }

            if (after.Value + 1 < _chunks[0].FirstPosition)
            {
                throw new LogHistoryGoneException(after, new LogPosition(_chunks[0].FirstPosition - 1));
            }

            int low = 0;
            int high = _chunks.Length;
            while (high - low > 1)
            {
                int middle = (low + high) >>> 1;
                if (_chunks[middle].FirstPosition <= after.Value + 1)
                {
                    low = middle;
                }
                else
                {
                    high = middle;
                }
            }

            return _chunks[low];
        }
    }

    internal Task<bool>? WaitBehind(LogPosition after, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_visible > after.Value)
            {
                return null;
            }

            if (_disposed)
            {
                return Task.FromResult(false);
            }

            _advanced ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return AwaitAdvance(_advanced.Task, cancellationToken);
        }

        static async Task<bool> AwaitAdvance(Task advanced, CancellationToken cancellationToken)
        {
            await advanced.WaitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    private bool TryTake_NeedsLock([NotNullWhen(true)] out ILogCompletion? completion, out long position)
    {
        if (!_waiting.TryDequeue(out (ILogCompletion Completion, long Position) next))
        {
            (completion, position) = (null, 0);
            return false;
        }

        (completion, position) = next;
        Advance_NeedsLock(position);
        return true;
    }

    private void Advance_NeedsLock(long position)
    {
        _visible = position;
        _advanced?.TrySetResult();
        _advanced = null;
    }

    private void ThrowIfUnfit(LogBatch batch)
    {
        if (batch.Count == 0)
        {
            throw new ArgumentException("The batch is empty: a commit has at least one record.", nameof(batch));
        }

        batch.ThrowIfOpen();
        if (batch.SizeBytes > _options.CapacityBytes)
        {
            throw new ArgumentException($"The commit takes {batch.SizeBytes} bytes, {nameof(MemoryCommitLogOptions.CapacityBytes)} is {_options.CapacityBytes}.", nameof(batch));
        }
    }

    private LogPosition Append_NeedsLock(LogBatch batch)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        MakeRoom_NeedsLock(batch.SizeBytes);
        _lastMicros = Math.Max(_lastMicros, batch.TimeMicros > 0 ? batch.TimeMicros : LogTime.ToMicros(_options.TimeProvider.GetUtcNow()));
        if (_chunks.Length == 0 || !_chunks[^1].HasRoom(batch.SizeBytes, _lastMicros))
        {
            _chunks = [.. _chunks, new MemoryLogChunk(_end + 1, Math.Max(_chunkBytes, batch.SizeBytes), _lastMicros)];
        }

        _chunks[^1].Add(batch, _lastMicros);
        _keptBytes += batch.SizeBytes;
        _end += batch.Count;
        return new LogPosition(_end);
    }

    private void MakeRoom_NeedsLock(int bytes)
    {
        if (_keptBytes + bytes <= _options.CapacityBytes)
        {
            return;
        }

        if (!_options.DropOldest)
        {
            throw new LogFullException($"The log in memory is full: {_keptBytes} of {_options.CapacityBytes} bytes are used, and {bytes} more were asked for.");
        }

        // Only what everybody may have read goes.
        int drop = 0;
        while (drop < _chunks.Length - 1 && _keptBytes + bytes > _options.CapacityBytes && _chunks[drop + 1].FirstPosition <= _visible)
        {
            _keptBytes -= _chunks[drop++].Length;
        }

        _chunks = _chunks[drop..];
    }
}
