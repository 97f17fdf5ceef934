using System.Diagnostics.Metrics;

namespace DataIntensive.Diagnostics;

internal sealed class DatabaseMetrics
{
    public DatabaseMetrics(IMeterFactory? factory)
    {
        Meter = Telemetry.MeterOf(factory);
        Commits = Meter.CreateCounter<long>("dataintensive.commits", "{commit}", "Commits that were given a position.");
        Conflicts = Meter.CreateCounter<long>("dataintensive.transaction.conflicts", "{conflict}", "Attempts of transactions that conflicted.");
        StateSnapshots = Meter.CreateCounter<long>("dataintensive.state_snapshots", "{snapshot}", "State snapshots that were written.");
    }

    public Meter Meter { get; }

    public Counter<long> Commits { get; }

    public Counter<long> Conflicts { get; }

    public Counter<long> StateSnapshots { get; }
}
