namespace DataIntensive.Samples.Patterns;

/// <summary>Transactions over several stores, and what the isolation level decides.</summary>
internal static class TransactionSample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, decimal>("accounts").AddStore<string, bool>("on-call");
        await using Database database = await Database.OpenAsync(folder, schema, cancellationToken: cancellationToken);
        DatabaseStore<string, decimal> accounts = database.Store<string, decimal>("accounts");
        await accounts.WriteAsync("alice", 100, cancellationToken);

        // Both writes are one commit: no crash leaves only one of them.
        await database.TransactAsync(
            transaction =>
            {
                StoreTransaction<string, decimal> both = accounts.In(transaction);
                both.Update("alice", entry => entry.Value - 30);
                both.Update("bob", entry => entry.Value + 30);
                return ValueTask.CompletedTask;
            },
            cancellationToken: cancellationToken);
        await output.WriteLineAsync($"alice {accounts.Read("alice").Value}, bob {accounts.Read("bob").Value}");

        // Write skew: each doctor goes home because the other is there. Serializable refuses the second, Snapshot does not.
        foreach (TransactionIsolation isolation in new[] { TransactionIsolation.Snapshot, TransactionIsolation.Serializable })
        {
            int left = await SendTwoDoctorsHomeAsync(database, isolation, cancellationToken);
            await output.WriteLineAsync($"{isolation}: {left} on call");
        }
    }

    private static async Task<int> SendTwoDoctorsHomeAsync(Database database, TransactionIsolation isolation, CancellationToken cancellationToken)
    {
        DatabaseStore<string, bool> onCall = database.Store<string, bool>("on-call");
        await onCall.WriteAsync("ann", true, cancellationToken);
        await onCall.WriteAsync("ben", true, cancellationToken);
        using DatabaseTransaction ann = database.Begin(isolation);
        using DatabaseTransaction ben = database.Begin(isolation);
        GoHome(ann, "ann", "ben");
        GoHome(ben, "ben", "ann");
        await ann.CommitAsync(cancellationToken: cancellationToken);
        try
        {
            await ben.CommitAsync(cancellationToken: cancellationToken);
        }
        catch (TransactionConflictException)
        {
            // Ben's reason to go is gone.
        }

        return (onCall.Read("ann").Value ? 1 : 0) + (onCall.Read("ben").Value ? 1 : 0);

        void GoHome(DatabaseTransaction transaction, string who, string other)
        {
            if (onCall.In(transaction).Read(other).Value)
            {
                onCall.In(transaction).Write(who, false);
            }
        }
    }
}
