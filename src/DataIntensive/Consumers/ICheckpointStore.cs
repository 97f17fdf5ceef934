namespace DataIntensive;

/// <summary>Where consumers keep how far they have come.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> A saved position is durable as far as its store says.</para>
/// <para><b>Order.</b> A position goes back only by a reset: saving an older one changes nothing.</para>
/// <para><b>After a crash.</b> The newest acknowledged position is there.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A save is a commit; in a database save within the transaction that holds the consumer's effects.</para>
/// <para><b>Not guaranteed.</b> That effects outside the transaction of a save happen only once.</para>
/// </remarks>
public interface ICheckpointStore
{
    /// <summary>Returns the newest position that a consumer saved; the start when it saved none.</summary>
    ValueTask<LogPosition> ReadAsync(string consumer, CancellationToken cancellationToken = default);

    /// <summary>Saves a position, unless a newer one is saved already.</summary>
    ValueTask SaveAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sets a position, also an older one, so that a consumer gets again what lies behind it, or passes over what lies before it. Not while the
    /// consumer runs.
    /// </summary>
    ValueTask ResetAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default);
}
