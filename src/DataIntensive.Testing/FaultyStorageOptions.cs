namespace DataIntensive.Testing;

/// <summary>Which faults a <see cref="FaultyStorage"/> has. Without any it is a perfect disk in memory.</summary>
public sealed class FaultyStorageOptions
{
    /// <summary>Decides every choice: what of a write is torn, and what a power cut leaves. Default 0; any value.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// The operation that crashes, counted from 1 over writes, flushes, creations, deletions, changes of length and flushes of
    /// names. It happens in part or not at all, and everything after it throws <see cref="SimulatedCrashException"/>. Default 0,
    /// for none; 0 and above.
    /// </summary>
    public long CrashAtOperation
    {
        get;
        init => field = Counted(value);
    }

    /// <summary>The write that fails, counted from 1, with a part of its bytes written. Default 0, for none; 0 and above.</summary>
    public long FailWriteAt
    {
        get;
        init => field = Counted(value);
    }

    /// <summary>
    /// The flush of a file that fails, counted from 1. As on Linux, what it should have written counts as clean afterwards: it can
    /// still be read, a later flush succeeds without writing it, and a power cut shows that it is lost. Default 0, for none;
    /// 0 and above.
    /// </summary>
    public long FailFlushAt
    {
        get;
        init => field = Counted(value);
    }

    /// <summary>
    /// How much the disk holds, in bytes, counted in sectors of 512 that were written, or taken by
    /// <see cref="Storage.IStorageFile.SetLength"/> (<see cref="IsSparse"/>). A write past it stores what fits, a change of length
    /// changes nothing, then both fail as a full disk does on this platform. Default null, for no limit; 0 and above.
    /// </summary>
    public long? CapacityBytes
    {
        get;
        init => field = value is { } bytes ? Counted(bytes) : null;
    }

    /// <summary>
    /// Whether a file that only <see cref="Storage.IStorageFile.SetLength"/> made longer takes no space until it is written, as on file
    /// systems that cannot prepare it. Default false.
    /// </summary>
    public bool IsSparse { get; init; }

    /// <summary>How long each flush of a file takes, by <see cref="TimeProvider"/>. Default zero; up to 1 hour.</summary>
    public TimeSpan FlushDelay
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1));
            field = value;
        }
    }

    /// <summary>The clock for <see cref="FlushDelay"/>. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = TimeProvider.System;

    /// <summary>
    /// Called with the file's name on the thread that flushes it, before anything is durable, and without a lock held: it may block
    /// for a slow disk, or throw. Default null.
    /// </summary>
    public Action<string>? BeforeFlush { get; init; }

    private static long Counted(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return value;
    }
}
