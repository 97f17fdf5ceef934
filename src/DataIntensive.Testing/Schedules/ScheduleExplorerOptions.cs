namespace DataIntensive.Testing;

/// <summary>Which schedules a <see cref="ScheduleExplorer"/> tries, and how many.</summary>
public sealed class ScheduleExplorerOptions
{
    /// <summary>Decides the choices of random schedules. Default null, for all schedules in turn; any value.</summary>
    public ulong? Seed { get; init; }

    /// <summary>How many schedules to try at most. Default 10,000; from 1.</summary>
    public int MaxSchedules
    {
        get;
        init => field = Positive(value);
    } = 10_000;

    /// <summary>How many steps one schedule may take. Default 10,000; from 1.</summary>
    public int MaxSteps
    {
        get;
        init => field = Positive(value);
    } = 10_000;

    /// <summary>
    /// Whether the next timer may fire while something else could run, as when steps take long. Default false: time passes only when
    /// everything waits for it.
    /// </summary>
    public bool TimersRace { get; init; }

    /// <summary>
    /// How long to wait, in real time, for a scenario in which nothing can run any more, to tell a deadlock from work that goes on
    /// elsewhere. Default 200 milliseconds; zero up to 1 minute.
    /// </summary>
    public TimeSpan Patience
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMinutes(1));
            field = value;
        }
    } = TimeSpan.FromMilliseconds(200);

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        return value;
    }
}
