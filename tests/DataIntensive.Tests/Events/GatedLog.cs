using DataIntensive.Logs;

namespace DataIntensive.Tests.Events;

/// <summary>
/// A log in memory that can hold back the news that a commit is durable: its records are in the log by then, for any reader, but no
/// commit has become visible in the database.
/// </summary>
internal sealed class GatedLog : ICommitLog
{
    private readonly MemoryCommitLog _log = new();
    private readonly ManualResetEventSlim _gate = new(initialState: true);

    public LogRange Range => _log.Range;

    public void Hold() => _gate.Reset();

    public void Release() => _gate.Set();

    public bool TryAppend(LogBatch batch, Durability durability, ILogCompletion completion, out LogPosition position) =>
        _log.TryAppend(batch, durability, new Held(completion, _gate), out position);

    public void Push(bool lead) => _log.Push(lead);

    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default) => _log.WaitForRoomAsync(cancellationToken);

    public ValueTask TrimAsync(LogPosition before, CancellationToken cancellationToken = default) => _log.TrimAsync(before, cancellationToken);

    public LogReader OpenReader(LogPosition after = default, Durability upTo = Durability.Disk) => _log.OpenReader(after, upTo);

    public void Dispose()
    {
        Release();
        _log.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Held(ILogCompletion completion, ManualResetEventSlim gate) : ILogCompletion
    {
        public void Complete(LogPosition position, Exception? failure)
        {
            gate.Wait();
            completion.Complete(position, failure);
        }
    }
}
