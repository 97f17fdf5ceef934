using DataIntensive.Logs;

namespace DataIntensive.Tests.Causal;

/// <summary>A log in memory whose commits are not reported durable before <see cref="Release"/>.</summary>
internal sealed class HeldCommitLog : ICommitLog
{
    private readonly MemoryCommitLog _log = new();
    private readonly Lock _gate = new();
    private readonly Queue<(ILogCompletion Completion, LogPosition Position)> _held = new();
    private bool _holding;

    public LogRange Range => _log.Range;

    public int HeldCount
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>With which durabilities commits were appended.</summary>
    public HashSet<Durability> Asked { get; } = [];

    public void Hold() => _holding = true;

    public void Release(Exception? failure = null)
    {
        while (true)
        {
            (ILogCompletion Completion, LogPosition Position) next;
            lock (_gate)
            {
                if (!_held.TryDequeue(out next))
                {
                    return;
                }
            }

            next.Completion.Complete(next.Position, failure);
        }
    }

    public bool TryAppend(LogBatch batch, Durability durability, ILogCompletion completion, out LogPosition position)
    {
        Asked.Add(durability);
        return _log.TryAppend(batch, durability, _holding ? new Holder(this, completion) : completion, out position);
    }

    public void Push(bool lead) => _log.Push(lead);

    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default) => _log.WaitForRoomAsync(cancellationToken);

    public ValueTask TrimAsync(LogPosition before, CancellationToken cancellationToken = default) => _log.TrimAsync(before, cancellationToken);

    public LogReader OpenReader(LogPosition after = default, Durability upTo = Durability.Disk) => _log.OpenReader(after, upTo);

    public void Dispose() => _log.Dispose();

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private sealed class Holder(HeldCommitLog owner, ILogCompletion completion) : ILogCompletion
    {
        public void Complete(LogPosition position, Exception? failure)
        {
            lock (owner._gate)
            {
                owner._held.Enqueue((completion, position));
            }
        }
    }
}
