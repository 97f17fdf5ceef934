using System.Globalization;

namespace DataIntensive.Testing;

/// <summary>What a <see cref="ScheduleExplorer"/> found.</summary>
public sealed class ScheduleReport
{
    internal ScheduleReport(ScheduleOutcome outcome, int schedules, bool isComplete, ulong? seed, string schedule, IReadOnlyList<string> steps, Exception? exception)
    {
        Outcome = outcome;
        Schedules = schedules;
        IsComplete = isComplete;
        Seed = seed;
        Schedule = schedule;
        Steps = steps;
        Exception = exception;
    }

    /// <summary>How it went: on the first schedule that did not pass, or on all.</summary>
    public ScheduleOutcome Outcome { get; }

    /// <summary>How many schedules were tried.</summary>
    public int Schedules { get; }

    /// <summary>Whether these were all that there are. False with a seed.</summary>
    public bool IsComplete { get; }

    /// <summary>The seed, when the schedules were random.</summary>
    public ulong? Seed { get; }

    /// <summary>
    /// The last schedule, for <see cref="ScheduleExplorer.Replay"/>: at each point where several steps could run, which one did, and how
    /// many there were.
    /// </summary>
    public string Schedule { get; }

    /// <summary>The last schedule for people: which part of the scenario ran, step by step.</summary>
    public IReadOnlyList<string> Steps { get; }

    /// <summary>What was thrown when it failed; null otherwise.</summary>
    public Exception? Exception { get; }

    /// <summary>Returns the outcome, how to replay it, and the steps.</summary>
    public override string ToString()
    {
        string seed = Seed is { } value ? string.Create(CultureInfo.InvariantCulture, $" (seed {value})") : "";
        string count = string.Create(CultureInfo.InvariantCulture, $"{Outcome} after {Schedules} schedules{seed}");
        return Outcome == ScheduleOutcome.Passed
            ? $"{count}{(IsComplete ? ", which are all" : "")}"
            : $"{count}\nschedule: \"{Schedule}\"\nsteps: {string.Join(", ", Steps)}{(Exception is null ? "" : $"\n{Exception.Message}")}";
    }
}
