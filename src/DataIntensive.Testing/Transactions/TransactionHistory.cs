using System.Globalization;
using System.Text;

namespace DataIntensive.Testing;

/// <summary>
/// What transactions read and wrote, who called them and when: what <see cref="TransactionChecker"/> judges. Immutable. Record one
/// with <see cref="TransactionRecorder"/>, put one together with <see cref="Of"/>, or write it down for <see cref="Parse"/>.
/// </summary>
public sealed class TransactionHistory
{
    private readonly TransactionRecord[] _transactions;

    private TransactionHistory(TransactionRecord[] transactions, TransactionModel model)
    {
        _transactions = transactions;
        Model = model;
        HasTimes = transactions.Length > 0 && transactions[0].CalledAt is not null;
    }

    /// <summary>The transactions, as they were given.</summary>
    public IReadOnlyList<TransactionRecord> Transactions => _transactions;

    /// <summary>What the keys hold: registers when something is written or a single value is read, lists otherwise.</summary>
    public TransactionModel Model { get; }

    /// <summary>Whether it is known when they were called and returned. Without times all processes are concurrent.</summary>
    public bool HasTimes { get; }

    internal TransactionRecord[] Records => _transactions;

    /// <summary>Makes a history.</summary>
    /// <param name="transactions">The transactions; those of one process in their order.</param>
    /// <exception cref="ArgumentException">
    /// A value is written to a key twice; lists and registers are mixed; some have times and others have none; one returned before
    /// its call, or without one; one process called twice at once; one committed and did not return.
    /// </exception>
    public static TransactionHistory Of(params IEnumerable<TransactionRecord> transactions)
    {
        ArgumentNullException.ThrowIfNull(transactions);
        TransactionRecord[] records = [.. transactions];
        return HistoryFault.Find(records, out TransactionModel model) is { } fault
            ? throw new ArgumentException($"{fault.Problem} ({NameOf(records, fault.Transaction)})", nameof(transactions))
            : new TransactionHistory(records, model);
    }

    /// <summary>
    /// Reads a history from text in the notation of Elle: a transaction in each line (or between <c>;</c> or <c>·</c>), its steps one
    /// after the other: <c>ax1</c> appends 1 to x; <c>rx12</c> read the list [1, 2], or the register value 12; <c>rx[1,12]</c> read a
    /// list with longer numbers; <c>wx1</c> wrote 1; <c>rx</c> or <c>rx_</c> found nothing; <c>rx?</c> got no answer. A key is one
    /// letter, or anything in double quotes: <c>a"cart"7</c>. Before the steps may stand a name (<c>T1</c>, or any with a colon behind
    /// it), a process (<c>p0</c>), an outcome (<c>ok</c>, <c>failed</c>, <c>unknown</c>) and the times (<c>@3..7</c>, or <c>@3..</c>
    /// when it did not return). From <c>#</c> to the end of the line is a comment.
    /// </summary>
    /// <exception cref="TransactionFormatException">It cannot be read, or is no history for one of the reasons of <see cref="Of"/>.</exception>
    public static TransactionHistory Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        TransactionParser parser = new(text);
        TransactionRecord[] records = parser.Read();
        return HistoryFault.Find(records, out TransactionModel model) is { } fault
            ? throw parser.Refuse(fault)
            : new TransactionHistory(records, model);
    }

    /// <summary>Writes it as <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        for (int i = 0; i < _transactions.Length; i++)
        {
            TransactionRecord record = _transactions[i];
            text.Append(NameOf(i)).Append(':');
            if (record.Process is { } process)
            {
                text.Append(CultureInfo.InvariantCulture, $" p{process}");
            }

            text.Append(record.Outcome switch { TransactionOutcome.Committed => " ok", TransactionOutcome.Failed => " failed", _ => " unknown" });
            if (record.CalledAt is { } called)
            {
                text.Append(CultureInfo.InvariantCulture, $" @{called}..{record.ReturnedAt}");
            }

            text.Append(' ').Append(record).Append('\n');
        }

        return text.ToString();
    }

    internal string NameOf(int transaction) => NameOf(_transactions, transaction);

    private static string NameOf(TransactionRecord[] records, int transaction) =>
        records[transaction].Name ?? string.Create(CultureInfo.InvariantCulture, $"T{transaction + 1}");
}
