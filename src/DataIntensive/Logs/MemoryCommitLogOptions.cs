namespace DataIntensive;

/// <summary>How a <see cref="MemoryCommitLog"/> works.</summary>
public sealed class MemoryCommitLogOptions
{
    /// <summary>The most that the log holds, in bytes with record headers. Default 256 MiB; from 64 KiB.</summary>
    public long CapacityBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 64 * 1024);
            field = value;
        }
    } = 256 * 1024 * 1024;

    /// <summary>
    /// What happens at <see cref="CapacityBytes"/>. Default false: appends fail with <see cref="LogFullException"/>. True: the oldest
    /// records go, and a reader that wanted them gets <see cref="LogHistoryGoneException"/>.
    /// </summary>
    public bool DropOldest { get; init; }

    /// <summary>The clock for record times. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = TimeProvider.System;
}
