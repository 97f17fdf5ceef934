namespace DataIntensive;

/// <summary>Where changes of tables come from, as whole transactions in the order of their commits.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> Every change behind a position is delivered, with all others of its transaction. Delivered again it has the
/// same <see cref="ChangeEvent.Position"/>.</para>
/// <para><b>Order.</b> The order of the commits, and inside a commit that of the writes, across all tables.</para>
/// <para><b>After a crash.</b> Read on after the last transaction that was processed.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread; an enumeration belongs to one caller.</para>
/// <para><b>Cost.</b> Nothing is read before the caller asks for the next transaction, which is in memory as a whole. Waiting is free.</para>
/// <para><b>Not guaranteed.</b> That changes are kept for ever: see <see cref="LogHistoryGoneException"/>.</para>
/// </remarks>
public interface IChangeSource
{
    /// <summary>The tables whose changes it gives.</summary>
    IReadOnlyCollection<ChangeTable> Tables { get; }

    /// <summary>The newest commit now.</summary>
    LogPosition End { get; }

    /// <summary>Reads the transactions behind a position, then follows.</summary>
    /// <param name="after">
    /// The position of the last transaction that is known; <c>default</c> for all. A position inside a transaction is refused.
    /// </param>
    /// <param name="options">What to deliver; null for all tables, following.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>
    /// The transactions, and commits without a wanted change as empty ones, so that a reader can save how far it has come. A commit that only
    /// saves checkpoints is passed over: it must not have a consumer save another one. Ends when the source is closed.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="after"/> is inside a transaction, or beyond the end.</exception>
    /// <exception cref="LogHistoryGoneException">The changes behind <paramref name="after"/> are no longer kept.</exception>
    /// <exception cref="InvalidDataException">A wanted table's codecs cannot read a change; it is named.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IAsyncEnumerable<ChangeTransaction> ReadAsync(LogPosition after = default, ChangeReadOptions? options = null, CancellationToken cancellationToken = default);
}
