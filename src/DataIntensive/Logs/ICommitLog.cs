using DataIntensive.Logs;

namespace DataIntensive;

/// <summary>An append-only log of commits. <see cref="CommitLog"/> keeps it in files, <see cref="MemoryCommitLog"/> in memory.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> A commit is there entirely or not at all; positions have no gaps and are never reused.</para>
/// <para><b>Order.</b> The order of <see cref="TryAppend"/> is the order of positions, of completions, and of every reader.</para>
/// <para><b>After a crash.</b> Every commit acknowledged with <see cref="Durability.Disk"/> is there.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. A reader belongs to one caller at a time.</para>
/// <para><b>Cost.</b> Commits that wait together share one write and one fsync.</para>
/// <para><b>Not guaranteed.</b> The outcome of commits that were under way when a write failed: the log is poisoned then.</para>
/// </remarks>
public interface ICommitLog : IAsyncDisposable, IDisposable
{
    /// <summary>The ends of the log now.</summary>
    LogRange Range { get; }

    /// <summary>
    /// Gives the batch its positions and puts it in line as one commit, copying it. Nothing is written before <see cref="Push"/>.
    /// </summary>
    /// <param name="batch">One or more records. It may be reused when the call returns.</param>
    /// <param name="durability">What an acknowledged commit survives.</param>
    /// <param name="completion">Is told of the outcome, in log order.</param>
    /// <param name="position">The position of the batch's last record.</param>
    /// <returns>False, with nothing done, when the line is full: wait for room and call again.</returns>
    /// <exception cref="ArgumentException">The batch is empty, or larger than the log takes.</exception>
    /// <exception cref="LogPoisonedException">An earlier write failed. Reopen the log.</exception>
    /// <exception cref="LogFullException">There is no space for it.</exception>
    bool TryAppend(LogBatch batch, Durability durability, ILogCompletion completion, out LogPosition position);

    /// <summary>Has everything in line written.</summary>
    /// <param name="lead">
    /// True: the calling thread does the write itself when no other is at it, which spares a lone writer two thread hand-overs.
    /// False: the log's own thread does it, and the call returns at once.
    /// </param>
    void Push(bool lead);

    /// <summary>Returns when a batch that <see cref="TryAppend"/> refused is worth another try.</summary>
    ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens a reader that delivers the records behind <paramref name="after"/>, then follows the log.</summary>
    /// <param name="after">The last position that is already known; <c>default</c> for all.</param>
    /// <param name="upTo">Whether only fsynced records are delivered (<see cref="Durability.Disk"/>), or every acknowledged one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> lies beyond the end.</exception>
    /// <exception cref="LogHistoryGoneException">Records behind <paramref name="after"/> are no longer kept.</exception>
    LogReader OpenReader(LogPosition after = default, Durability upTo = Durability.Disk);

    /// <summary>
    /// Gives up old records, by whole segments, so that some before the position may stay. Readers that want them get
    /// <see cref="LogHistoryGoneException"/>.
    /// </summary>
    /// <param name="before">Records at or behind it stay.</param>
    /// <param name="cancellationToken">Stops the waiting for a write that is under way.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="before"/> lies further than one behind the durable end.</exception>
    ValueTask TrimAsync(LogPosition before, CancellationToken cancellationToken = default);
}
