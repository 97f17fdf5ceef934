using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace DataIntensive.Transactions;

// What the open databases of one meter take, summed up. The instruments are made once per meter, since a meter never forgets one.
internal sealed class DatabaseGauges
{
    private static readonly ConditionalWeakTable<Meter, DatabaseGauges> ByMeter = [];

    private readonly Lock _gate = new();
    private readonly List<WeakReference<Database>> _open = [];

    private DatabaseGauges(Meter meter)
    {
        meter.CreateObservableUpDownCounter("dataintensive.state.size", () => Sum(database => database.StateBytes), "By", "What the states take in memory, as they count themselves.");
        meter.CreateObservableUpDownCounter("dataintensive.commits.pending", () => Sum(database => database.PendingCommits), "{commit}", "Commits with a place in the log that are not visible yet.");
        meter.CreateObservableUpDownCounter("dataintensive.snapshots.open", () => Sum(database => database.OpenSnapshots), "{snapshot}", "Transactions that are open over a snapshot.");
        meter.CreateObservableGauge("dataintensive.snapshots.oldest_age", OldestAge, "s", "How long the oldest open snapshot has been open.");
    }

    public static DatabaseGauges Of(Meter meter) => ByMeter.GetValue(meter, static meter => new DatabaseGauges(meter));

    public void Add(Database database)
    {
        lock (_gate)
        {
            _open.RemoveAll(open => !open.TryGetTarget(out _));
            _open.Add(new WeakReference<Database>(database));
        }
    }

    public void Remove(Database database)
    {
        lock (_gate)
        {
            _open.RemoveAll(open => !open.TryGetTarget(out Database? other) || ReferenceEquals(other, database));
        }
    }

    private long Sum(Func<Database, long> value) => Open().Sum(value);

    private double OldestAge() => Open().Select(database => database.Snapshots.OldestAge.TotalSeconds).DefaultIfEmpty().Max();

    // Asked outside the lock: a database has locks of its own.
    private List<Database> Open()
    {
        lock (_gate)
        {
            List<Database> databases = [];
            foreach (WeakReference<Database> open in _open)
            {
                if (open.TryGetTarget(out Database? database))
                {
                    databases.Add(database);
                }
            }

            return databases;
        }
    }
}
