namespace DataIntensive.Tests.Transactions;

/// <summary>One transaction of a case while it runs against a database.</summary>
internal sealed class IsolationTransaction(DatabaseStore<int, int> store) : IIsolationTarget
{
    private DatabaseTransaction? _transaction;

    /// <summary>What its reads saw, in their order.</summary>
    public List<string> Seen { get; } = [];

    public bool IsCommitted { get; private set; }

    public bool IsRefused { get; private set; }

    /// <summary>When it began and ended, in steps of the whole order.</summary>
    public (int Began, int Ended) Time { get; private set; }

    public async Task StepAsync(Database database, TransactionIsolation isolation, IsolationStep step, int time)
    {
        if (step.IsBegin)
        {
            _transaction = database.Begin(isolation);
            Time = (time, time);
            return;
        }

        Time = (Time.Began, time);
        if (step.IsAbort)
        {
            _transaction!.Dispose();
        }
        else if (!step.IsCommit)
        {
            Seen.AddRange(step.Run(this) is { } seen ? [seen] : []);
        }
        else
        {
            await CommitAsync();
        }
    }

    public int? Read(int key) => store.In(_transaction!).Read(key) is { Exists: true } entry ? entry.Value : null;

    public IEnumerable<KeyValuePair<int, int>> ReadAll() => store.In(_transaction!).ReadAll().Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Value));

    public void Write(int key, int value) => store.In(_transaction!).Write(key, value);

    public void Delete(int key) => store.In(_transaction!).Delete(key);

    private async Task CommitAsync()
    {
        try
        {
            await _transaction!.CommitAsync();
            IsCommitted = true;
        }
        catch (TransactionConflictException)
        {
            IsRefused = true;
        }
    }
}
