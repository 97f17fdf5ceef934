namespace DataIntensive.Benchmarks.Log;

/// <summary>What a contender can be asked to do.</summary>
[Flags]
internal enum Work
{
    /// <summary>Many records, durable once at the end.</summary>
    BulkOneCommit = 1,

    /// <summary>Many commits of one record in flight together, durable at the end.</summary>
    BulkManyCommits = 2,

    /// <summary>One writer that waits for each record to be durable.</summary>
    OneWriter = 4,

    /// <summary>Several writers that each wait for their own record to be durable.</summary>
    WaitingWriters = 8,

    /// <summary>Reading all records, warm.</summary>
    Scan = 16,

    /// <summary>Opening an existing log, warm.</summary>
    Recovery = 32,
}
