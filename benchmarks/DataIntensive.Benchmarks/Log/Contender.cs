namespace DataIntensive.Benchmarks.Log;

/// <summary>One of those that are compared: opened on a folder of its own, put to work, and closed.</summary>
internal abstract class Contender(string name, string promise, Work can) : IAsyncDisposable
{
    /// <summary>What a bulk append hands over at once: a commit, a write batch or the like.</summary>
    public const int BulkBytes = 1024 * 1024;

    public string Name => name;

    /// <summary>What stands behind an acknowledgement.</summary>
    public string Promise => promise;

    /// <summary>Whether appends block their thread, so that each writer needs one of its own.</summary>
    public virtual bool Blocks => false;

    public bool Can(Work work) => (can & work) == work;

    public abstract ValueTask OpenAsync(string folder);

    public abstract ValueTask DisposeAsync();

    /// <summary>A writer of its own: each call appends the body and ends when it is durable.</summary>
    public virtual Func<ValueTask> NewWriter(byte[] body) => throw new NotSupportedException();

    /// <summary>The same for one of several writers; all are made before the first one writes.</summary>
    public virtual Func<ValueTask> NewGroupWriter(byte[] body) => NewWriter(body);

    public virtual ValueTask BulkOneCommitAsync(byte[] body, int records) => throw new NotSupportedException();

    public virtual ValueTask BulkManyCommitsAsync(byte[] body, int records) => throw new NotSupportedException();

    /// <summary>Reads all records from the beginning; returns how many bytes their bodies have, as proof.</summary>
    public virtual ValueTask<long> ScanAsync() => throw new NotSupportedException();
}
