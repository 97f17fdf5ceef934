using DataIntensive.Logs;
using DataIntensive.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Specs.Logs;

/// <summary>
/// The run that is disturbed everywhere: two lives of a log, each closed at its end. Several writers' commits of one to four records,
/// for the disk or not, go into frames together, over several small segments. The clock stands, so that nothing is written but what is
/// appended.
/// </summary>
internal static class LogScript
{
    private const int FramesPerLife = 9;
    private const int LongestBodyBytes = 6_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static CommitLogOptions Options => new() { SegmentBytes = 64 * 1024, ReserveBytes = 4 * 1024, TimeProvider = new FakeTimeProvider() };

    public static Task<CommitLog> OpenAsync(FaultyStorage disk) => CommitLog.OpenAsync(disk, Options);

    /// <summary>Runs to the end, or to the failure that the disk was told to have; returns that.</summary>
    public static async Task<Exception?> RunAsync(FaultyStorage disk, int seed, LogHistory history)
    {
        Random random = new(seed);
        try
        {
            // A close whose flush fails does not throw. What may follow on the same disk is left out, as LogCrashSpecs says.
            for (int life = 0; life < 2 && disk.Report.FailedFlushes == 0; life++)
            {
                await using CommitLog log = await OpenAsync(disk);
                for (int frame = 0; frame < FramesPerLife; frame++)
                {
                    await AppendFrameAsync(log, history, random);
                }
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or DataIntensiveException)
        {
            return exception;
        }
    }

    /// <summary>Appends commits of one to three writers, written together, and waits for their outcomes.</summary>
    public static async Task AppendFrameAsync(CommitLog log, LogHistory history, Random random, bool toDisk = false)
    {
        int writers = random.Next(1, 4);
        int style = toDisk ? 0 : random.Next(3);
        List<SubmittedCommit> commits = [];
        for (int writer = 0; writer < writers; writer++)
        {
            Durability durability = style == 0 || (style == 1 && writer == 0) ? Durability.Disk : Durability.Os;
            SubmittedCommit commit = history.Submit(random.Next(1, 5), random.Next(LongestBodyBytes), durability);
            LogPosition position;
            while (!log.TryAppend(commit.ToBatch(), durability, commit, out position))
            {
                await log.WaitForRoomAsync();
            }

            commit.Position = position.Value;
            commits.Add(commit);
        }

        log.Push(lead: true);
        await Task.WhenAll(commits.Select(commit => commit.Told)).WaitAsync(Patience);
    }
}
