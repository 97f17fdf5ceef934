using System.Globalization;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>
/// Tasks that append to lists in a database's store and read them, and record what they did. Every third transaction waits, over its snapshot,
/// for those of all the others, so that they overlap however busy the machine is.
/// </summary>
internal sealed class ListWorkload(Database database, int keys, TransactionIsolation isolation)
{
    private const int MeetsEach = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TransactionRecorder _recorder = new();
    private long _nextValue;

    public static DatabaseSchema Schema { get; } = new DatabaseSchema().AddStore<string, string>("lists");

    public int Failed { get; private set; }

    public async Task<TransactionHistory> RunAsync(int processes, int transactionsEach)
    {
        Meeting[] meetings = [.. Enumerable.Range(0, transactionsEach / MeetsEach).Select(_ => new Meeting(processes))];
        await Task.WhenAll(Enumerable.Range(0, processes).Select(process => Task.Run(() => RunProcessAsync(process, transactionsEach, meetings))));
        await ReadAllAsync(processes);
        return _recorder.ToHistory();
    }

    /// <summary>Both read both lists, and each appends to one: at once.</summary>
    public async Task<TransactionHistory> SkewAsync()
    {
        RecordedTransaction first = _recorder.Begin(0);
        RecordedTransaction second = _recorder.Begin(1);
        using (DatabaseTransaction one = database.Begin(isolation))
        using (DatabaseTransaction other = database.Begin(isolation))
        {
            Read(one, first, "k0");
            Read(one, first, "k1");
            Read(other, second, "k0");
            Read(other, second, "k1");
            Append(one, first, "k0");
            Append(other, second, "k1");
            await CommitAsync(one, first);
            await CommitAsync(other, second);
        }

        await ReadAllAsync(2);
        return _recorder.ToHistory();
    }

    private async Task RunProcessAsync(int process, int transactions, Meeting[] meetings)
    {
        Random random = new(process);
        for (int i = 0; i < transactions; i++)
        {
            (bool Appends, string Key)[] steps = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (random.Next(2) == 0, $"k{random.Next(keys)}"))];
            Meeting? meeting = i % MeetsEach == 0 ? meetings.ElementAtOrDefault(i / MeetsEach) : null;
            RecordedTransaction record = _recorder.Begin(process);
            try
            {
                await database.TransactAsync(
                    async transaction =>
                    {
                        record.Restart();
                        await (Interlocked.Exchange(ref meeting, null)?.ArriveAsync() ?? Task.CompletedTask);
                        foreach ((bool appends, string key) in steps)
                        {
                            if (appends)
                            {
                                Append(transaction, record, key);
                            }
                            else
                            {
                                Read(transaction, record, key);
                            }

                            await Task.Yield();
                        }
                    },
                    isolation);
                record.Commit();
            }
            catch (TransactionConflictException)
            {
                record.Fail();
                lock (_recorder)
                {
                    Failed++;
                }
            }
        }
    }

    private async Task ReadAllAsync(int process)
    {
        RecordedTransaction record = _recorder.Begin(process);
        await database.TransactAsync(transaction =>
        {
            for (int key = 0; key < keys; key++)
            {
                Read(transaction, record, $"k{key}");
            }

            return ValueTask.CompletedTask;
        });
        record.Commit();
    }

    private async Task CommitAsync(DatabaseTransaction transaction, RecordedTransaction record)
    {
        try
        {
            await transaction.CommitAsync();
            record.Commit();
        }
        catch (TransactionConflictException)
        {
            record.Fail();
            Failed++;
        }
    }

    private void Read(DatabaseTransaction transaction, RecordedTransaction record, string key) =>
        record.ReadList(key, Parse(database.Store<string, string>("lists").In(transaction).Read(key).Value));

    private void Append(DatabaseTransaction transaction, RecordedTransaction record, string key)
    {
        long value = Interlocked.Increment(ref _nextValue);
        database.Store<string, string>("lists").In(transaction).Update(
            key,
            entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value}{(entry.Exists ? "," : "")}{value}"));
        record.Append(key, value);
    }

    private static long[] Parse(string? list) =>
        string.IsNullOrEmpty(list) ? [] : [.. list.Split(',').Select(item => long.Parse(item, CultureInfo.InvariantCulture))];

    // All go on when the last has come.
    private sealed class Meeting(int awaited)
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _awaited = awaited;

        public Task ArriveAsync()
        {
            if (Interlocked.Decrement(ref _awaited) == 0)
            {
                _complete.SetResult();
            }

            return _complete.Task.WaitAsync(Patience);
        }
    }
}
