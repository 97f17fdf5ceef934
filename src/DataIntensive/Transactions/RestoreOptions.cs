namespace DataIntensive;

/// <summary>How far <see cref="Database.RestoreAsync"/> goes. With both limits, the earlier one counts.</summary>
public sealed class RestoreOptions
{
    /// <summary>The last position that is restored; a commit that ends behind it is left out whole. Default null, for all.</summary>
    public LogPosition? UpTo { get; init; }

    /// <summary>
    /// The last time that is restored: commits whose <see cref="Logs.LogRecord.Timestamp"/> is behind it are left out. Default null, for
    /// all.
    /// </summary>
    public DateTimeOffset? UpToTime { get; init; }

    /// <summary>The clock that dates the new incarnation. Default <see cref="TimeProvider.System"/>.</summary>
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
