namespace DataIntensive.Tests.Transactions;

/// <summary>What one order of steps came to.</summary>
internal sealed record IsolationOutcome(IsolationTransaction[] Transactions, Dictionary<int, int> Values)
{
    public bool AllCommitted => Transactions.All(transaction => transaction.IsCommitted);

    public IsolationTransaction First => Transactions[0];

    public IsolationTransaction Second => Transactions[1];

    public IsolationTransaction Third => Transactions[2];
}
