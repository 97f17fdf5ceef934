using System.Threading.Channels;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace DataIntensive.Benchmarks.Log;

/// <summary>
/// DotNext's write-ahead log of its Raft node, with a state machine that does nothing. It takes one commit at a time (several at
/// once end the process), so one task appends and commits for all writers that wait.
/// </summary>
internal sealed class DotNextContender(string name, Work can) : Contender(name, "flush on commit", can)
{
    private WriteAheadLog? _log;
    private Channel<(byte[] Body, TaskCompletionSource Done)>? _waiting;
    private Task? _committer;
    private long _last;

    public override async ValueTask OpenAsync(string folder)
    {
        _log = new WriteAheadLog(
            new WriteAheadLog.Options { Location = Path.Combine(folder, "dotnext"), ChunkSize = 16 * 1024 * 1024 },
            IStateMachine.CreateNoOp(long.MaxValue));
        await _log.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (_committer is not null)
        {
            _waiting!.Writer.Complete();
            await _committer;
            _committer = null;
        }

        if (_log is { } log)
        {
            await log.DisposeAsync();
        }

        _log = null;
    }

    public override Func<ValueTask> NewWriter(byte[] body)
    {
        WriteAheadLog log = _log!;
        return async () =>
        {
            long index = await log.AppendAsync((ReadOnlyMemory<byte>)body);
            await log.CommitAsync(index);
        };
    }

    public override Func<ValueTask> NewGroupWriter(byte[] body)
    {
        if (_committer is null)
        {
            _waiting = Channel.CreateUnbounded<(byte[] Body, TaskCompletionSource Done)>(new UnboundedChannelOptions { SingleReader = true });
            _committer = Task.Run(CommitAsync);
        }

        ChannelWriter<(byte[] Body, TaskCompletionSource Done)> waiting = _waiting!.Writer;
        return () =>
        {
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.TryWrite((body, done));
            return new ValueTask(done.Task);
        };
    }

    public override async ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        for (int record = 0; record < records; record++)
        {
            _last = await _log!.AppendAsync((ReadOnlyMemory<byte>)body);
        }

        await _log!.CommitAsync(_last);
    }

    private async Task CommitAsync()
    {
        List<TaskCompletionSource> group = [];
        while (await _waiting!.Reader.WaitToReadAsync())
        {
            while (_waiting.Reader.TryRead(out (byte[] Body, TaskCompletionSource Done) next))
            {
                _last = await _log!.AppendAsync((ReadOnlyMemory<byte>)next.Body);
                group.Add(next.Done);
            }

            await _log!.CommitAsync(_last);
            group.ForEach(done => done.SetResult());
            group.Clear();
        }
    }
}
