using System.Globalization;
using DataIntensive.CrashHost;
using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Logs;

/// <summary>One folder through several lives of the crash host, with all that it ever acknowledged.</summary>
internal sealed class CrashFolder(string path, string mode, ulong seed, int writers)
{
    private readonly Dictionary<(int Writer, long Sequence), long> _acknowledged = [];

    public string Path => path;

    public ulong Seed => seed;

    public int Writers => writers;

    /// <summary>The position of each commit that was acknowledged in any life.</summary>
    public IReadOnlyDictionary<(int Writer, long Sequence), long> Acknowledged => _acknowledged;

    /// <summary>The last sequence of each writer that was acknowledged or found; what a next life continues from.</summary>
    public long[] Last { get; } = new long[writers];

    /// <summary>Starts the host, kills it, and takes in what it acknowledged.</summary>
    /// <param name="afterCommits">How many commits it acknowledges before the time runs; with 0 it runs from the start, where recovery is.</param>
    /// <param name="killAfter">The time.</param>
    /// <param name="cancellationToken">Ends the wait; the host is killed then too.</param>
    /// <returns>How many commits this life acknowledged.</returns>
    public async Task<int> LiveAsync(int afterCommits, TimeSpan killAfter, CancellationToken cancellationToken)
    {
        string assembly = System.IO.Path.Combine(AppContext.BaseDirectory, "DataIntensive.CrashHost.dll");
        string[] arguments = [mode, path, seed.ToString(CultureInfo.InvariantCulture), writers.ToString(CultureInfo.InvariantCulture)];
        using ChildProcess host = ChildProcess.Start(assembly, arguments, awaitedLines: 1 + afterCommits);
        if (afterCommits > 0)
        {
            await host.EnoughLines.WaitAsync(cancellationToken);
        }

        ProcessRun run = await host.EndAsync(killAfter, cancellationToken);
        run.WasKilled.Should().BeTrue("only a kill ends the host; it ended with {0}: {1}", run.ExitCode, run.Errors);
        run.ExitCode.Should().Be(ChildProcess.ExitCodeOfKill);

        string[] lines = run.WholeOutputLines;
        lines.Take(1).Should().AllBe("open");
        foreach (string line in lines.Skip(1))
        {
            Acknowledge(line);
        }

        return Math.Max(0, lines.Length - 1);
    }

    /// <summary>Takes in how far each writer's commits were found to reach.</summary>
    /// <param name="found">The last sequence by writer.</param>
    /// <param name="mostUnderWay">How many commits a writer has under way at most.</param>
    /// <returns>How many were found beyond the acknowledged ones: their writes were under way when the kill came.</returns>
    public long Continue(long[] found, Func<int, int> mostUnderWay)
    {
        long beyond = 0;
        for (int writer = 0; writer < writers; writer++)
        {
            long more = found[writer] - Last[writer];
            more.Should().BeInRange(0, mostUnderWay(writer), "writer {0} had {1} acknowledged or found before", writer, Last[writer]);
            beyond += more;
            Last[writer] = found[writer];
        }

        return beyond;
    }

    /// <summary>Copies the files as they are, so that they can be opened without closing the log that a next life has to recover.</summary>
    /// <returns>The copy, which takes the place of the one before.</returns>
    public string Copy()
    {
        string copy = path + "-copy";
        if (Directory.Exists(copy))
        {
            Directory.Delete(copy, recursive: true);
        }

        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(path))
        {
            File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    private void Acknowledge(string line)
    {
        string[] words = line.Split(' ');
        words.Should().HaveCount(4, "a line is whole or not there: {0}", line);
        words[0].Should().Be("ack");
        int writer = int.Parse(words[1], CultureInfo.InvariantCulture);
        long sequence = long.Parse(words[2], CultureInfo.InvariantCulture);
        _acknowledged.Add((writer, sequence), long.Parse(words[3], CultureInfo.InvariantCulture));
        Last[writer] = Math.Max(Last[writer], sequence);
    }
}
