namespace DataIntensive;

/// <summary>How an idempotency processor works. Every value may differ from the one that an existing log was written with.</summary>
public sealed class IdempotencyOptions
{
    /// <summary>
    /// How long a completed key is kept, from its completion. Default 24 hours: what clients and queues retry by themselves, they retry
    /// within a day. Above 0; <see cref="TimeSpan.MaxValue"/> keeps keys until <see cref="MaxKeys"/> pushes them out. A key that is older
    /// runs again.
    /// </summary>
    public TimeSpan Retention
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromHours(24);

    /// <summary>
    /// How many completed keys are kept in memory at most, each with its result and about 250 bytes. Default 1,000,000; 1 to 100,000,000.
    /// Past it the key that was completed first goes, and runs again when it is asked for; never one that is in progress.
    /// </summary>
    public int MaxKeys
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100_000_000);
            field = value;
        }
    } = 1_000_000;

    /// <summary>
    /// The largest result that a database keeps, encoded, in bytes. Default 1 MiB; 0 to 256 MiB. When an operation has given a larger one,
    /// its key is completed without it, and replaying it throws <see cref="IdempotentResultUnavailableException"/>. In a transaction, where
    /// nothing has happened yet, a larger one is refused.
    /// </summary>
    public int MaxResultBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 256 * 1024 * 1024);
            field = value;
        }
    } = 1024 * 1024;

    /// <summary>
    /// How long an operation holds its key with <see cref="LeaseRenewal.ByOperation"/>, from its start and from each renewal, by the
    /// monotonic clock: setting the wall clock changes nothing. Default 1 minute; above 0, to 49 days. It has nothing to do with
    /// <see cref="Retention"/>: a key in progress is never too old.
    /// </summary>
    public TimeSpan Lease
    {
        get;
        init
        {
            ThrowIfNoTimeout(value);
            field = value;
        }
    } = TimeSpan.FromMinutes(1);

    /// <summary>Who renews the lease of a running operation. Default <see cref="LeaseRenewal.Automatic"/>.</summary>
    public LeaseRenewal LeaseRenewal { get; init; }

    /// <summary>What a call gets while another one runs for its key. Default <see cref="DuplicatePolicy.Join"/>.</summary>
    public DuplicatePolicy Duplicates { get; init; }

    /// <summary>How long a call waits with <see cref="DuplicatePolicy.Wait"/>. Default 10 seconds; above 0, to 49 days.</summary>
    public TimeSpan WaitTimeout
    {
        get;
        init
        {
            ThrowIfNoTimeout(value);
            field = value;
        }
    } = TimeSpan.FromSeconds(10);

    /// <summary>What becomes of an operation when its last caller has gone. Default <see cref="AbandonPolicy.Cancel"/>.</summary>
    public AbandonPolicy WhenAbandoned { get; init; }

    /// <summary>
    /// What a call does about an earlier run of unknown outcome. Default <see cref="UnknownOutcomePolicy.Fail"/>: the caller decides. The key
    /// is free again after <see cref="Retention"/>, from the start of that run.
    /// </summary>
    public UnknownOutcomePolicy WhenUnknown { get; init; }

    // What timers take.
    internal static void ThrowIfNoTimeout(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(49));
    }
}
