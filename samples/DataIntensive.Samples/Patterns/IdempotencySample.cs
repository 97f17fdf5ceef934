namespace DataIntensive.Samples.Patterns;

/// <summary>Safe retries: one effect per key, also over a crash when the effect is in the same transaction.</summary>
internal static class IdempotencySample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DatabaseSchema schema = new DatabaseSchema().AddIdempotency().AddStore<string, decimal>("accounts");
        await using Database database = await Database.OpenAsync(folder, schema, cancellationToken: cancellationToken);
        DatabaseIdempotencyProcessor payments = database.Idempotency();
        DatabaseStore<string, decimal> accounts = database.Store<string, decimal>("accounts");

        // Payment and key are one commit: exactly one effect.
        IdempotencyKey key = IdempotencyKey.Create("pay", "alice", 100m, "request-1");
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            IdempotentResult<string> payment = await payments.ExecuteInTransactionAsync(
                key,
                transaction =>
                {
                    accounts.In(transaction).Update("alice", entry => entry.Value + 100);
                    return $"payment-{accounts.In(transaction).Read("alice").Version}";
                },
                cancellationToken: cancellationToken);
            await output.WriteLineAsync($"attempt {attempt}: {payment.Value}, {payment.Outcome}; alice has {accounts.Read("alice").Value}");
        }

        // Duplicates that come while the operation runs join it. Its effect is outside, so a crash could repeat it: at least once.
        int calls = 0;
        IdempotencyKey mail = IdempotencyKey.Create("mail", "alice", "welcome");
        IdempotentResult<int>[] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => payments.ExecuteAsync(
            mail,
            async stop =>
            {
                await Task.Delay(20, stop);
                return Interlocked.Increment(ref calls);
            },
            cancellationToken: cancellationToken).AsTask()));
        await output.WriteLineAsync($"{results.Length} callers, {calls} mail, {results.Count(result => result.Outcome == IdempotencyOutcome.Joined)} joined");

        // Parts are told apart by length and type, not by a separator.
        bool same = IdempotencyKey.Create("op", "a|b", "c") == IdempotencyKey.Create("op", "a", "b|c");
        await output.WriteLineAsync($"(\"a|b\", \"c\") and (\"a\", \"b|c\") are the same key: {same}");
    }
}
