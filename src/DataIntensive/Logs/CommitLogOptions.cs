using DataIntensive.Logs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataIntensive;

/// <summary>How a <see cref="CommitLog"/> works. Every value may differ from the one that an existing log was written with.</summary>
public sealed class CommitLogOptions
{
    /// <summary>Where a segment file ends and the next begins, in bytes. Default 64 MiB; 64 KiB to 1 GiB.</summary>
    public long SegmentBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 64 * 1024);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1024 * 1024 * 1024);
            field = value;
        }
    } = 64 * 1024 * 1024;

    /// <summary>The most that one commit may take, in bytes with record headers of 12 bytes. Default 16 MiB; 1 KiB to 512 MiB.</summary>
    public int MaxCommitBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1024);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 512 * 1024 * 1024);
            field = value;
        }
    } = 16 * 1024 * 1024;

    /// <summary>
    /// How much may wait for the next write, in bytes; past it appends wait. Default 4 MiB; 1 KiB to 512 MiB. One commit up to
    /// <see cref="MaxCommitBytes"/> is always taken when nothing else waits.
    /// </summary>
    public int MaxPendingBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1024);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 512 * 1024 * 1024);
            field = value;
        }
    } = 4 * 1024 * 1024;

    /// <summary>
    /// How much disk is kept back, in bytes, for deletes, checkpoints and compaction on a full disk
    /// (<see cref="Logs.LogBatch.MayUseReserve"/>). Default 1 MiB; 0 for none, up to 1 GiB. It is taken with the first append, and
    /// again when there is space after it was used; until then other appends meet <see cref="LogFullException"/>.
    /// </summary>
    public long ReserveBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1024 * 1024 * 1024);
            field = value;
        }
    } = 1024 * 1024;

    /// <summary>
    /// How much memory may keep records that readers asked for singly (<see cref="LogReader.TryReadAt"/>) and far from each other, so
    /// that asking again needs no file, in bytes. Default 8 MiB; 0 for none, else 1 MiB to 1 GiB. It is taken as it is needed, and the
    /// oldest record makes room for the newest. Records of more than 8 KiB are not kept, nor is what is read in order. A trim or a
    /// compaction empties it.
    /// </summary>
    public long RecordCacheBytes
    {
        get;
        init
        {
            if (value != 0)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(value, 1024 * 1024);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1024 * 1024 * 1024);
            }

            field = value;
        }
    } = 8 * 1024 * 1024;

    /// <summary>
    /// How long commits of <see cref="Durability.Os"/> may stay unsynced when nothing else causes an fsync. Default 1 s; above 0 up to
    /// 1 hour. Readers that want only fsynced records see them by then.
    /// </summary>
    public TimeSpan FlushInterval
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1));
            field = value;
        }
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long after the last fsync an idle log notes, once, how far it is proven. Default 50 ms; above 0, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never. From then on damage to its end cannot be taken for an unfinished write.
    /// </summary>
    public TimeSpan IdleMarkDelay
    {
        get;
        init
        {
            if (value != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1));
            }

            field = value;
        }
    } = TimeSpan.FromMilliseconds(50);

    /// <summary>What the log is opened for. Default <see cref="LogOpenMode.Write"/>.</summary>
    public LogOpenMode OpenMode { get; init; }

    /// <summary>How much is read and checked when the log is opened. Default <see cref="LogOpenCheck.Everything"/>.</summary>
    public LogOpenCheck OpenCheck { get; init; }

    /// <summary>What happens to an end that can be an unfinished write. Default <see cref="RecoveryPolicy.CutTornTail"/>.</summary>
    public RecoveryPolicy RecoveryPolicy { get; init; }

    /// <summary>
    /// Is told now and then how many bytes of how many the recovery has read, from the thread that recovers. Default null: nobody.
    /// </summary>
    public IProgress<LogRecoveryProgress>? RecoveryProgress { get; init; }

    /// <summary>The clock for frame times and <see cref="FlushInterval"/>. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = TimeProvider.System;

    /// <summary>Where the log tells of recovery and failures. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = NullLoggerFactory.Instance;

    internal CommitLogOptions With(TimeProvider timeProvider, ILoggerFactory loggerFactory) => new()
    {
        SegmentBytes = SegmentBytes,
        MaxCommitBytes = MaxCommitBytes,
        MaxPendingBytes = MaxPendingBytes,
        ReserveBytes = ReserveBytes,
        RecordCacheBytes = RecordCacheBytes,
        FlushInterval = FlushInterval,
        IdleMarkDelay = IdleMarkDelay,
        OpenMode = OpenMode,
        OpenCheck = OpenCheck,
        RecoveryPolicy = RecoveryPolicy,
        RecoveryProgress = RecoveryProgress,
        TimeProvider = timeProvider,
        LoggerFactory = loggerFactory,
    };
}
