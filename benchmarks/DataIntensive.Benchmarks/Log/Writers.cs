namespace DataIntensive.Benchmarks.Log;

/// <summary>Writers that append one record after the other until they are stopped, each waiting for its own.</summary>
internal sealed class Writers : IDisposable
{
    private const int Spacing = 16;

    private readonly long[] _counts;
    private readonly Task[] _tasks;
    private volatile bool _stopped;

    private Writers(int count)
    {
        _counts = new long[count * Spacing];
        _tasks = new Task[count];
    }

    public long Appended
    {
        get
        {
            long sum = 0;
            for (int writer = 0; writer < _tasks.Length; writer++)
            {
                sum += Volatile.Read(ref _counts[writer * Spacing]);
            }

            return sum;
        }
    }

    public static Writers Start(int count, bool onThreads, Func<Func<ValueTask>> newWriter)
    {
        Writers writers = new(count);
        for (int writer = 0; writer < count; writer++)
        {
            int index = writer;
            Func<ValueTask> append = newWriter();
            writers._tasks[index] = onThreads
                ? Task.Factory.StartNew(() => writers.RunBlocking(index, append), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                : Task.Run(() => writers.RunAsync(index, append));
        }

        return writers;
    }

    public Task StopAsync()
    {
        _stopped = true;
        return Task.WhenAll(_tasks);
    }

    public void Dispose() => _stopped = true;

    private async Task RunAsync(int index, Func<ValueTask> append)
    {
        while (!_stopped)
        {
            await append();
            _counts[index * Spacing]++;
        }
    }

    private void RunBlocking(int index, Func<ValueTask> append)
    {
        while (!_stopped)
        {
            ValueTask appended = append();
            if (!appended.IsCompleted)
            {
                appended.AsTask().GetAwaiter().GetResult();
            }
            else
            {
                appended.GetAwaiter().GetResult();
            }

            _counts[index * Spacing]++;
        }
    }
}
