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

    /// <summary>What the log is opened for. Default <see cref="LogOpenMode.Write"/>.</summary>
    public LogOpenMode OpenMode { get; init; }

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
        FlushInterval = FlushInterval,
        TimeProvider = timeProvider,
        LoggerFactory = loggerFactory,
    };
}
