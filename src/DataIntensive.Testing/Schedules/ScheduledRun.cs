namespace DataIntensive.Testing;

/// <summary>One run of a scenario under a <see cref="ScheduleExplorer"/>: it starts the scenario's parts and is their clock.</summary>
public sealed class ScheduledRun
{
    private readonly ScheduleExplorerOptions _options;
    private readonly ScheduleChoices _choices;
    private readonly ScheduledClock _clock;
    private readonly int _thread = Environment.CurrentManagedThreadId;

    // An object and no Lock, because one thread waits for another on it.
    private readonly object _gate = new();
    private readonly List<(string Part, SendOrPostCallback Callback, object? State)> _runnable = [];
    private readonly List<string> _steps = [];
    private readonly List<Task> _parts = [];
    private bool _hasLeft;
    private bool _hasEnded;

    internal ScheduledRun(ScheduleExplorerOptions options, ScheduleChoices choices)
    {
        _options = options;
        _choices = choices;
        _clock = new ScheduledClock(this);
    }

    /// <summary>
    /// The clock. It begins at 1 January 2000 UTC and stands still while anything can run, then goes to the next timer. Use it for every
    /// delay: any other clock is outside of the schedule.
    /// </summary>
    public TimeProvider Clock => _clock;

    internal IReadOnlyList<string> Steps => _steps;

    internal Exception? Exception { get; private set; }

    /// <summary>Starts a part of the scenario, which runs beside the others: its first step is one of those that may be next.</summary>
    /// <param name="name">What the report calls it.</param>
    /// <param name="part">The part.</param>
    /// <returns>Ends with the part. The run waits for it, whether it is awaited or not; a part that throws fails the run.</returns>
    /// <exception cref="InvalidOperationException">It is called outside of the run.</exception>
    public Task Start(string name, Func<Task> part)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(part);
        if (IsForeign() || _hasEnded)
        {
            Leave();
            throw new InvalidOperationException($"'{name}' is started outside of the run.");
        }

        TaskCompletionSource ended = new();
        _parts.Add(ended.Task);
        Post(name, _ => Begin(part, ended), null);
        return ended.Task;
    }

    internal ScheduleOutcome Run(Func<ScheduledRun, Task> scenario)
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        try
        {
            Start("main", () => scenario(this));
            for (int steps = 0; ; steps++)
            {
                if (Outcome() is { } outcome)
                {
                    return outcome;
                }

                if (steps == _options.MaxSteps)
                {
                    return ScheduleOutcome.TooManySteps;
                }

                Step();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
            lock (_gate)
            {
                _hasEnded = true;
                _runnable.Clear();
            }
        }
    }

    internal void Post(string part, SendOrPostCallback callback, object? state)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _runnable.Add((part, callback, state));
        }

        if (IsForeign())
        {
            Leave();
        }
    }

    internal bool IsForeign() => Environment.CurrentManagedThreadId != _thread;

    // Something of the scenario was seen on another thread.
    internal void Leave()
    {
        lock (_gate)
        {
            _hasLeft = true;
            Monitor.PulseAll(_gate);
        }
    }

    // Null while it can go on.
    private ScheduleOutcome? Outcome()
    {
        Exception ??= _parts.Select(part => part.Exception?.InnerException ?? (part.IsCanceled ? new TaskCanceledException(part) : null)).FirstOrDefault(thrown => thrown is not null);
        bool isOver = _parts.TrueForAll(part => part.IsCompleted);
        lock (_gate)
        {
            if (_hasLeft)
            {
                return ScheduleOutcome.LeftScheduler;
            }

            if (Exception is not null)
            {
                return ScheduleOutcome.Failed;
            }

            if (_runnable.Count > 0 || (!isOver && _clock.HasTimer))
            {
                return null;
            }

            if (isOver)
            {
                return ScheduleOutcome.Passed;
            }

            // What went elsewhere comes back, or ends there, sooner or later; what is deadlocked does not.
            return Monitor.Wait(_gate, _options.Patience) || _hasLeft ? ScheduleOutcome.LeftScheduler : ScheduleOutcome.Deadlocked;
        }
    }

    private void Step()
    {
        int runnable = _runnable.Count;
        int alternatives = runnable + (_clock.HasTimer && (_options.TimersRace || runnable == 0) ? 1 : 0);
        int chosen = alternatives == 1 ? 0 : _choices.Choose(alternatives);
        if (chosen == runnable)
        {
            _steps.Add("clock");
            RunStep(new ScheduledContext(this, "clock"), _ => _clock.FireNext(), null);
            return;
        }

        (string part, SendOrPostCallback callback, object? state) = _runnable[chosen];
        lock (_gate)
        {
            _runnable.RemoveAt(chosen);
        }

        _steps.Add(part);
        RunStep(new ScheduledContext(this, part), callback, state);
    }

    private void RunStep(ScheduledContext context, SendOrPostCallback callback, object? state)
    {
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            callback(state);
        }
        catch (Exception thrown)
        {
            // From an async void method, or a timer's callback.
            Exception ??= thrown;
        }
    }

    // Like an async method that completes its source, but on whichever thread the part ends, so that this is seen.
    private void Begin(Func<Task> part, TaskCompletionSource ended)
    {
        Task task;
        try
        {
            task = part() ?? throw new InvalidOperationException("A part returned no task.");
        }
        catch (Exception thrown)
        {
            task = Task.FromException(thrown);
        }

        _ = task.ContinueWith(
            done =>
            {
                if (IsForeign())
                {
                    Leave();
                }

                ended.SetFromTask(done);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
