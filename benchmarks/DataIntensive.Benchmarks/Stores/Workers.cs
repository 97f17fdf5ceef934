namespace DataIntensive.Benchmarks.Stores;

/// <summary>
/// Threads that are there before the measurement and all run one piece of work when told to, so that starting threads is not measured.
/// The calling thread is one of them.
/// </summary>
public sealed class Workers : IDisposable
{
    private readonly Barrier _start;
    private readonly Barrier _end;
    private readonly Thread[] _threads;
    private Action<int>? _work;
    private bool _stopped;

    public Workers(int count)
    {
        _start = new Barrier(count);
        _end = new Barrier(count);
        _threads = [.. Enumerable.Range(1, count - 1).Select(index => new Thread(() => Follow(index)) { IsBackground = true })];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    public void Run(Action<int> work)
    {
        _work = work;
        _start.SignalAndWait();
        work(0);
        _end.SignalAndWait();
    }

    public void Dispose()
    {
        _stopped = true;
        _start.SignalAndWait();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _start.Dispose();
        _end.Dispose();
    }

    private void Follow(int index)
    {
        while (true)
        {
            _start.SignalAndWait();
            if (_stopped)
            {
                return;
            }

            _work!(index);
            _end.SignalAndWait();
        }
    }
}
