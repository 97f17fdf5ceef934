using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataIntensive;

/// <summary>How a <see cref="Database"/> works. Every value may differ from the one that an existing log was written with.</summary>
public sealed class DatabaseOptions
{
    /// <summary>
    /// How the log in files works; its clock and loggers are replaced by the ones given here. Default: its own defaults, but that opening
    /// checks what was not proven before (<see cref="LogOpenCheck.Unproven"/>): what is replayed is checked then, and the rest whenever it
    /// is read.
    /// </summary>
    public CommitLogOptions Log
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new() { OpenCheck = LogOpenCheck.Unproven };

    /// <summary>
    /// A state snapshot is written in the background when the log has grown by this many bytes since the last one, or by what the last one
    /// takes when that is more. Default 64 MiB; from 64 KiB; <see cref="long.MaxValue"/>: only <see cref="Database.SnapshotAsync"/> writes
    /// one. Opening replays at most about as much of the log.
    /// </summary>
    public long StateSnapshotBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 64 * 1024);
            field = value;
        }
    } = 64 * 1024 * 1024;

    /// <summary>The most that the log of <see cref="Database.InMemory"/> holds, in bytes. Default 256 MiB; from 64 KiB.</summary>
    public long MemoryLogBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 64 * 1024);
            field = value;
        }
    } = 256 * 1024 * 1024;

    /// <summary>What an acknowledged commit survives where a call does not say. Default <see cref="Durability.Disk"/>.</summary>
    public Durability Durability { get; init; } = Durability.Disk;

    /// <summary>How often <c>TransactAsync</c> runs its function at most. Default 100; from 1.</summary>
    public int MaxTransactionAttempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 100;

    /// <summary>
    /// The most that the states may take in memory, in bytes as the states count them: what is stored, and what each key or event costs
    /// beside it. Default 4 GiB; from 64 KiB. Past 80 % there is a warning, past all of it a <see cref="StateFullException"/> for what
    /// grows; deletes still work. Opening is never refused. Old versions for open snapshots are not counted: their age is limited.
    /// </summary>
    public long MaxStateBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 64 * 1024);
            field = value;
        }
    } = 4L * 1024 * 1024 * 1024;

    /// <summary>
    /// The most that one transaction may write, in bytes with record headers of 12 bytes; past it comes
    /// <see cref="CommitTooLargeException"/>. Default 16 MiB; 1 KiB to 512 MiB. What its log takes in one commit limits it too.
    /// </summary>
    public int MaxTransactionBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1024);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 512 * 1024 * 1024);
            field = value;
        }
    } = 16 * 1024 * 1024;

    /// <summary>How many commits may be under way, given a place and not durable yet. Default 65,536; 1 to 16,777,216.</summary>
    public int MaxPendingCommits
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 16 * 1024 * 1024);
            field = value;
        }
    } = 65_536;

    /// <summary>
    /// How many bytes the commits under way may have together; one is always taken when no other is. Default 64 MiB; from 1 KiB. What
    /// waits for one write of the log is limited besides, by <see cref="CommitLogOptions.MaxPendingBytes"/>.
    /// </summary>
    public long MaxPendingBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1024);
            field = value;
        }
    } = 64 * 1024 * 1024;

    /// <summary>
    /// What a call gets past <see cref="MaxPendingCommits"/> or <see cref="MaxPendingBytes"/>. Default <see cref="BusyPolicy.Wait"/>.
    /// With <see cref="BusyPolicy.Refuse"/>, calls that wait for room in the log count as commits under way.
    /// </summary>
    public BusyPolicy WhenBusy { get; init; }

    /// <summary>
    /// How long a transaction may be open. Older ones fail with <see cref="SnapshotTooOldException"/>, so that nobody who forgot to
    /// dispose one keeps old versions in memory. Default 5 minutes; above 0, or <see cref="Timeout.InfiniteTimeSpan"/> for ever.
    /// </summary>
    public TimeSpan MaxSnapshotAge
    {
        get;
        init
        {
            if (value != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1));
            }

            field = value;
        }
    } = TimeSpan.FromMinutes(5);

    /// <summary>The clock of everything in the database. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = TimeProvider.System;

    /// <summary>Where everything in the database logs to. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = NullLoggerFactory.Instance;

    /// <summary>Makes the meter <c>DataIntensive</c>. Default: one of the process.</summary>
    public IMeterFactory? MeterFactory { get; init; }
}
