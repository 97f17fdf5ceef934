namespace DataIntensive.Samples.Patterns;

/// <summary>Event sourcing: events are stored, state is derived, and what is refused leaves no trace.</summary>
internal static class BankSample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DatabaseSchema schema = new DatabaseSchema().AddEvents(events => events
            .Map("deposited", 1, BankJson.Default.Deposited)
            .Map("withdrawn", 1, BankJson.Default.Withdrawn));
        await using Database database = await Database.OpenAsync(folder, schema, cancellationToken: cancellationToken);
        DatabaseEventStore events = database.Events();
        AggregateRepository<BankAccount> accounts = new(events);

        BankAccount account = await accounts.LoadAsync("account-1", cancellationToken);
        account.Deposit(100);
        account.Withdraw(30);
        (await accounts.SaveAsync(account, cancellationToken)).OrThrow();
        await output.WriteLineAsync($"balance {account.Balance} at version {account.Version}");

        try
        {
            account.Withdraw(1_000);
        }
        catch (InvalidOperationException refused)
        {
            await output.WriteLineAsync($"refused: {refused.Message}");
        }

        // Two tellers loaded the same version: the second is told, by a value, that it decided on an old state.
        BankAccount here = await accounts.LoadAsync("account-1", cancellationToken);
        BankAccount there = await accounts.LoadAsync("account-1", cancellationToken);
        here.Withdraw(70);
        there.Withdraw(70);
        AppendResult won = await accounts.SaveAsync(here, cancellationToken);
        AppendResult lost = await accounts.SaveAsync(there, cancellationToken);
        await output.WriteLineAsync($"first teller: {won.Succeeded}, second teller: {lost.Succeeded}, the stream is at version {lost.Version}");

        await foreach (RecordedEvent recorded in events.ReadStreamAsync("account-1", cancellationToken: cancellationToken))
        {
            await output.WriteLineAsync($"{recorded.Version}: {recorded.Data}");
        }
    }
}
