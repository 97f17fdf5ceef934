namespace DataIntensive.Testing;

/// <summary>How a scenario went under a <see cref="ScheduleExplorer"/>. The default value is <see cref="Passed"/>.</summary>
public enum ScheduleOutcome
{
    /// <summary>It ended without an exception, on every schedule that was tried.</summary>
    Passed,

    /// <summary>It threw.</summary>
    Failed,

    /// <summary>It has not ended, and nothing is left that could run: no step, and no timer.</summary>
    Deadlocked,

    /// <summary>
    /// A part of it ran elsewhere, for example on the thread pool after <c>ConfigureAwait(false)</c> or in <c>Task.Run</c>, where its
    /// order is not the explorer's.
    /// </summary>
    LeftScheduler,

    /// <summary>It took more steps than it may: perhaps it never ends.</summary>
    TooManySteps,
}
