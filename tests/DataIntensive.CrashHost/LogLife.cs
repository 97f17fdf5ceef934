using DataIntensive.Logs;

namespace DataIntensive.CrashHost;

/// <summary>One life of a process that writes a log.</summary>
internal sealed class LogLife(string folder, ulong seed, int writers, Acknowledgements acknowledgements)
{
    /// <summary>How many commits one writer may have under way: those with an odd number do not wait for each.</summary>
    public const int MostAhead = 8;

    // Small, so that a short life fills segments and runs into backpressure.
    public static CommitLogOptions Options { get; } = new()
    {
        SegmentBytes = 256 * 1024,
        MaxPendingBytes = 64 * 1024,
        FlushInterval = TimeSpan.FromMilliseconds(20),
    };

    public static int MostUnderWay(int writer) => writer % 2 == 0 ? 1 : MostAhead;

    public async Task RunAsync()
    {
        await using CommitLog log = await CommitLog.OpenAsync(folder, Options);
        long[] last = LastSequences(log);
        acknowledgements.Opened();

        // The first failure ends the process: whoever reads the lines sees no kill then.
        await await Task.WhenAny(Enumerable.Range(0, writers).Select(writer => Task.Run(() =>
            MostUnderWay(writer) == 1 ? WriteEachAsync(log, writer, last[writer]) : WriteAheadAsync(log, writer, last[writer]))));
    }

    private long[] LastSequences(CommitLog log)
    {
        long[] last = new long[writers];
        using LogReader reader = log.OpenReader();
        while (reader.TryRead(out LogRecord record))
        {
            CrashCommit commit = CrashCommit.IdentityIn(record.Body.Span, seed)!.Value;
            last[commit.Writer] = commit.Sequence;
        }

        return last;
    }

    private async Task WriteEachAsync(CommitLog log, int writer, long sequence)
    {
        LogBatch batch = new();
        while (true)
        {
            CrashCommit commit = new(seed, writer, ++sequence);
            commit.FillInto(batch);
            acknowledgements.Acknowledged(writer, sequence, await log.AppendAsync(batch, commit.Durability));
        }
    }

    private async Task WriteAheadAsync(CommitLog log, int writer, long sequence)
    {
        LogBatch batch = new();
        Queue<Task> underWay = new();
        while (true)
        {
            CrashCommit commit = new(seed, writer, ++sequence);
            commit.FillInto(batch);
            AheadCompletion completion = new(acknowledgements, writer, sequence);
            while (!log.TryAppend(batch, commit.Durability, completion, out _))
            {
                await log.WaitForRoomAsync();
            }

            log.Push(lead: false);
            underWay.Enqueue(completion.Done);
            while (underWay.Count == MostAhead)
            {
                await underWay.Dequeue();
            }
        }
    }

    private sealed class AheadCompletion(Acknowledgements acknowledgements, int writer, long sequence) : ILogCompletion
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public void Complete(LogPosition position, Exception? failure)
        {
            if (failure is not null)
            {
                _done.TrySetException(failure);
                return;
            }

            acknowledgements.Acknowledged(writer, sequence, position);
            _done.TrySetResult();
        }
    }
}
