using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataIntensive;

/// <summary>How a <see cref="Database"/> works. Every value may differ from the one that an existing log was written with.</summary>
public sealed class DatabaseOptions
{
    /// <summary>How the log in files works; its clock and loggers are replaced by the ones given here. Default: its own defaults.</summary>
    public CommitLogOptions Log
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new();

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
