namespace DataIntensive.Testing;

/// <summary>
/// Runs a small concurrent scenario again and again, each time with its awaited steps in another order, until it goes wrong or every order
/// was tried; and runs it once more in the order that went wrong.
/// </summary>
/// <example>
/// <code>
/// ScheduleReport report = new ScheduleExplorer().Explore(async run =>
/// {
///     int balance = 0;
///     async Task Add()
///     {
///         int read = balance;
///         await Task.Yield();
///         balance = read + 1;
///     }
///
///     await Task.WhenAll(run.Start("a", Add), run.Start("b", Add));
///     if (balance != 2) throw new InvalidOperationException($"{balance}");
/// });
/// Console.WriteLine(report); // Failed …, schedule: "0/2 …"
/// </code>
/// </example>
/// <remarks>
/// <para><b>Guarantee.</b> The same schedule gives the same run, if the scenario itself is deterministic: all that it takes from outside is
/// the clock of the run. A scenario that is not is found out and told.</para>
/// <para><b>Order.</b> Steps end where an await has to wait, and only there does another begin: <c>await Task.Yield()</c> marks such a place
/// by hand.</para>
/// <para><b>After a crash.</b> Nothing is kept; a schedule is a text to keep.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread; the scenario runs on the caller's.</para>
/// <para><b>Cost.</b> One run per schedule; the number of schedules grows with the factorial of the steps.</para>
/// <para><b>Not guaranteed.</b> That a race within a step is found: there are no two threads.</para>
/// </remarks>
public sealed class ScheduleExplorer
{
    private readonly ScheduleExplorerOptions _options;

    /// <summary>Makes an explorer.</summary>
    /// <param name="options">Which schedules it tries; null for all, up to the default limit.</param>
    public ScheduleExplorer(ScheduleExplorerOptions? options = null) => _options = options ?? new ScheduleExplorerOptions();

    /// <summary>Tries schedules until one does not pass.</summary>
    /// <param name="scenario">
    /// Makes what it needs, starts its parts with <see cref="ScheduledRun.Start"/>, and throws when something is wrong. It is called for each
    /// schedule.
    /// </param>
    /// <exception cref="InvalidOperationException">The scenario is not deterministic.</exception>
    public ScheduleReport Explore(Func<ScheduledRun, Task> scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ScheduleChoices choices = new([], null);
        for (int schedules = 1; ; schedules++)
        {
            if (_options.Seed is { } seed)
            {
                choices = new ScheduleChoices([], new SeededChoices(seed, schedules));
            }

            ScheduledRun run = new(_options, choices);
            ScheduleOutcome outcome = run.Run(scenario);
            ScheduleChoices? next = outcome == ScheduleOutcome.Passed && _options.Seed is null ? choices.Next() : null;
            bool isComplete = outcome == ScheduleOutcome.Passed && _options.Seed is null && next is null;
            if (outcome != ScheduleOutcome.Passed || isComplete || schedules == _options.MaxSchedules)
            {
                return Report(run, outcome, schedules, isComplete, choices);
            }

            choices = next ?? choices;
        }
    }

    /// <summary>Runs a scenario once, by a schedule of an earlier report.</summary>
    /// <param name="schedule">What <see cref="ScheduleReport.Schedule"/> said.</param>
    /// <param name="scenario">The same scenario.</param>
    /// <exception cref="FormatException"><paramref name="schedule"/> is no schedule.</exception>
    /// <exception cref="InvalidOperationException">It is not one of this scenario, or the scenario is not deterministic.</exception>
    public ScheduleReport Replay(string schedule, Func<ScheduledRun, Task> scenario)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(scenario);
        ScheduleChoices choices = ScheduleChoices.Parse(schedule);
        ScheduledRun run = new(_options, choices);
        ScheduleOutcome outcome = run.Run(scenario);
        return Report(run, outcome, schedules: 1, isComplete: false, choices);
    }

    private ScheduleReport Report(ScheduledRun run, ScheduleOutcome outcome, int schedules, bool isComplete, ScheduleChoices choices) =>
        new(outcome, schedules, isComplete, _options.Seed, choices.ToString(), run.Steps, run.Exception);
}
