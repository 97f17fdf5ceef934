namespace DataIntensive.Benchmarks.Logs;

/// <summary>
/// The least that a group commit needs: callers add their record and wait; one thread at a time writes and flushes all that came in,
/// then completes those callers, while the next group fills.
/// </summary>
internal sealed class BareGroupCommit(string path) : IDisposable
{
    private readonly BareFile _file = new(path);
    private readonly Lock _lock = new();
    private List<(byte[] Body, TaskCompletionSource Done)> _filling = [];
    private List<(byte[] Body, TaskCompletionSource Done)> _spare = [];
    private bool _writing;

    public Task AppendAsync(byte[] body)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _filling.Add((body, done));
            if (_writing)
            {
                return done.Task;
            }

            _writing = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static log => log.WriteAll(), this, preferLocal: false);
        return done.Task;
    }

    public void Dispose() => _file.Dispose();

    private void WriteAll()
    {
        while (true)
        {
            List<(byte[] Body, TaskCompletionSource Done)> group;
            lock (_lock)
            {
                if (_filling.Count == 0)
                {
                    _writing = false;
                    return;
                }

                group = _filling;
                _filling = _spare;
            }

            foreach ((byte[] body, _) in group)
            {
                _file.Append(body);
            }

            _file.Flush();
            foreach ((_, TaskCompletionSource done) in group)
            {
                done.SetResult();
            }

            group.Clear();
            lock (_lock)
            {
                _spare = group;
            }
        }
    }
}
