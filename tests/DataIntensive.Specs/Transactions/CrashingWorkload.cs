using System.Globalization;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Transactions;

/// <summary>
/// Tasks that append to lists in two stores and read them, through one database after another, as crashes end them; one recorder takes
/// down what all of them did.
/// </summary>
internal sealed class CrashingWorkload(int keys, int processes, int transactionsEach, TransactionIsolation isolation)
{
    private readonly TransactionRecorder _recorder = new();
    private long _nextValue;
    private int _nextProcess;

    // Two stores, so that a half commit would show as a read that sees one and not the other.
    public static DatabaseSchema Schema { get; } = new DatabaseSchema().AddStore<string, string>("even").AddStore<string, string>("odd");

    public int Committed { get; private set; }

    public int Unknown { get; private set; }

    /// <summary>Runs until every task is through, or the disk crashed.</summary>
    public async Task LiveAsync(Database database, int seed)
    {
        // A process whose transaction was left unknown is over: the next life has others.
        int first = _nextProcess;
        _nextProcess += processes;
        await Task.WhenAll(Enumerable.Range(0, processes).Select(i => Task.Run(() => RunProcessAsync(database, first + i, new Random((seed * 31) + i)))));
    }

    /// <summary>Reads every list at the end, so that the order of all elements is known.</summary>
    public async Task<TransactionHistory> EndAsync(Database database)
    {
        RecordedTransaction record = _recorder.Begin(_nextProcess++);
        await database.TransactAsync(transaction =>
        {
            for (int key = 0; key < keys; key++)
            {
                Read(database, transaction, record, key);
            }

            return ValueTask.CompletedTask;
        });
        record.Commit();
        return _recorder.ToHistory();
    }

    private async Task RunProcessAsync(Database database, int process, Random random)
    {
        for (int i = 0; i < transactionsEach; i++)
        {
            (bool Appends, int Key)[] steps = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (random.Next(2) == 0, random.Next(keys)))];
            RecordedTransaction record = _recorder.Begin(process);
            try
            {
                if (random.Next(3) == 0)
                {
                    await database.ExecuteAsync(transaction => RunSteps(database, transaction, record, steps));
                }
                else
                {
                    await database.TransactAsync(
                        async transaction =>
                        {
                            await Task.Yield();
                            RunSteps(database, transaction, record, steps);
                        },
                        isolation);
                }

                record.Commit();
                Count(committed: true);
            }
            catch (TransactionConflictException)
            {
                record.Fail();
            }
            catch (Exception exception) when (exception is LogPoisonedException or SimulatedCrashException or ObjectDisposedException)
            {
                if (exception is LogPoisonedException { OutcomeUnknown: false })
                {
                    record.Fail();
                }
                else
                {
                    record.LeaveUnknown();
                    Count(committed: false);
                }

                return;
            }
        }
    }

    private void RunSteps(Database database, DatabaseTransaction transaction, RecordedTransaction record, (bool Appends, int Key)[] steps)
    {
        record.Restart();
        foreach ((bool appends, int key) in steps)
        {
            if (appends)
            {
                long value = Interlocked.Increment(ref _nextValue);
                StoreOf(database, key).In(transaction).Update(
                    Name(key),
                    entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value}{(entry.Exists ? "," : "")}{value}"));
                record.Append(Name(key), value);
            }
            else
            {
                Read(database, transaction, record, key);
            }
        }
    }

    private static void Read(Database database, DatabaseTransaction transaction, RecordedTransaction record, int key) =>
        record.ReadList(Name(key), Parse(StoreOf(database, key).In(transaction).Read(Name(key)).Value));

    private static DatabaseStore<string, string> StoreOf(Database database, int key) => database.Store<string, string>(key % 2 == 0 ? "even" : "odd");

    private static string Name(int key) => $"k{key}";

    private static long[] Parse(string? list) =>
        string.IsNullOrEmpty(list) ? [] : [.. list.Split(',').Select(item => long.Parse(item, CultureInfo.InvariantCulture))];

    private void Count(bool committed)
    {
        lock (_recorder)
        {
            Committed += committed ? 1 : 0;
            Unknown += committed ? 0 : 1;
        }
    }
}
