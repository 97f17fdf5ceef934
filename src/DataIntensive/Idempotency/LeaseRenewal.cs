namespace DataIntensive;

/// <summary>How long a running operation holds its key.</summary>
public enum LeaseRenewal
{
    /// <summary>As long as it runs. One that never ends holds its key for good.</summary>
    Automatic,

    /// <summary>
    /// For <see cref="IdempotencyOptions.Lease"/> from its start and from each <see cref="IdempotencyContext.RenewLease"/>. Past it, the
    /// next call takes the key over with a higher fencing token, and runs; what the former one still records is refused.
    /// </summary>
    ByOperation,
}
