namespace DataIntensive.Testing;

/// <summary>
/// Records transactions while they run, for <see cref="TransactionChecker"/>. Its clock counts calls and returns, so that what it
/// calls earlier was earlier.
/// </summary>
/// <example>
/// <code>
/// TransactionRecorder recorder = new();
/// RecordedTransaction record = recorder.Begin(process: 0);
/// await database.TransactAsync(async transaction =>
/// {
///     record.Restart(); // A repeated attempt begins anew.
///     …
///     record.Read("x", list);
///     record.Append("x", 7);
/// });
/// record.Commit();
/// TransactionCheckResult result = TransactionChecker.Check(recorder.ToHistory());
/// </code>
/// </example>
/// <remarks>
/// Thread-safe. About 100 bytes for each transaction, 32 for each step and 8 for each element that was read; nothing is bounded but
/// by the test that records.
/// </remarks>
public sealed class TransactionRecorder
{
    private readonly Lock _gate = new();
    private readonly List<RecordedTransaction> _transactions = [];
    private readonly Dictionary<int, RecordedTransaction> _running = [];
    private long _time;

    /// <summary>Notes the call of a transaction. Do so before anything of it is sent.</summary>
    /// <param name="process">Who calls: one transaction at a time.</param>
    /// <param name="name">What it is called in reports; null for T and its number.</param>
    /// <exception cref="InvalidOperationException">The process's former transaction has not ended.</exception>
    public RecordedTransaction Begin(int process, string? name = null)
    {
        lock (_gate)
        {
            if (_running.ContainsKey(process))
            {
                throw new InvalidOperationException($"Process {process} has a transaction under way.");
            }

            RecordedTransaction transaction = new(this, process, name, ++_time);
            _transactions.Add(transaction);
            _running.Add(process, transaction);
            return transaction;
        }
    }

    /// <summary>Gives what was recorded until now. What is still under way has an unknown outcome.</summary>
    /// <exception cref="ArgumentException">It is no history, see <see cref="TransactionHistory.Of"/>.</exception>
    public TransactionHistory ToHistory()
    {
        lock (_gate)
        {
            return TransactionHistory.Of(_transactions.Select(transaction => transaction.ToRecord()));
        }
    }

    internal long? End(RecordedTransaction transaction, bool returned)
    {
        lock (_gate)
        {
            _running.Remove(transaction.Process);
            return returned ? ++_time : null;
        }
    }
}
