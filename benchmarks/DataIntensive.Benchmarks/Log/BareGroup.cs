namespace DataIntensive.Benchmarks.Log;

/// <summary>
/// The bare group commit: callers add their record and wait; one thread writes and flushes once for all that wait, then releases
/// them, while the next group fills.
/// </summary>
internal sealed class BareGroup : IDisposable
{
    private readonly BareFrames _frames;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private List<(byte[] Body, TaskCompletionSource Done)> _filling = [];
    private bool _closing;

    public BareGroup(BareFrames frames)
    {
        _frames = frames;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public Task AppendAsync(byte[] body)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _filling.Add((body, done));
            if (_filling.Count == 1)
            {
                Monitor.Pulse(_gate);
            }
        }

        return done.Task;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        List<(byte[] Body, TaskCompletionSource Done)> group = [];
        while (true)
        {
            lock (_gate)
            {
                while (_filling.Count == 0 && !_closing)
                {
                    Monitor.Wait(_gate);
                }

                if (_filling.Count == 0)
                {
                    return;
                }

                (group, _filling) = (_filling, group);
            }

            foreach ((byte[] body, _) in group)
            {
                _frames.Add(body);
            }

            _frames.Write();
            _frames.Flush();
            foreach ((_, TaskCompletionSource done) in group)
            {
                done.SetResult();
            }

            group.Clear();
        }
    }
}
