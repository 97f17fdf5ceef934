using System.Security.Cryptography;
using DataIntensive.Logs;
using DataIntensive.Specs.Processes;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Specs.Logs;

/// <summary>A folder with a small log, to be looked at by the samples console.</summary>
internal sealed class SampleLog : IDisposable
{
    private const int HeaderBytes = 4096;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("dataintensive-log-specs-");

    public SampleLog() => Folder = Path.Combine(_root.FullName, "log");

    public static DateTimeOffset Time { get; } = new(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);

    public string Folder { get; }

    // The clock stands still, so nothing is written but what is appended.
    public static Task<CommitLog> OpenAsync(string folder, CancellationToken cancellationToken) =>
        CommitLog.OpenAsync(folder, new CommitLogOptions { TimeProvider = new FakeTimeProvider(Time) }, cancellationToken);

    public void Dispose() => _root.Delete(recursive: true);

    public async Task WriteClosedAsync(IEnumerable<LogBatch> commits, CancellationToken cancellationToken)
    {
        await using CommitLog log = await OpenAsync(Folder, cancellationToken);
        await AppendAsync(log, commits, cancellationToken);
    }

    /// <summary>Leaves what a crash leaves: the log was never closed.</summary>
    public async Task WriteUnclosedAsync(IEnumerable<LogBatch> commits, CancellationToken cancellationToken)
    {
        string live = Path.Combine(_root.FullName, "live");
        await using CommitLog log = await OpenAsync(live, cancellationToken);
        await AppendAsync(log, commits, cancellationToken);
        Directory.CreateDirectory(Folder);
        foreach (string file in Directory.GetFiles(live))
        {
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        }
    }

    /// <summary>Takes the last bytes of the last frame away, as an unfinished write leaves them out. The file's prepared length stays.</summary>
    public string TearTail()
    {
        string last = Directory.GetFiles(Folder, "*.seg").Order(StringComparer.Ordinal).Last(file => EndOfData(file) > HeaderBytes);
        long end = EndOfData(last);
        using FileStream file = new(last, FileMode.Open);
        file.Position = end - 3;
        file.Write(new byte[3]);
        return Path.GetFileName(last);
    }

    /// <summary>Flips a bit of the first frame.</summary>
    public string Damage()
    {
        string first = Directory.GetFiles(Folder, "*.seg").Order(StringComparer.Ordinal).First();
        byte[] bytes = File.ReadAllBytes(first);
        bytes[HeaderBytes + 80] ^= 1;
        File.WriteAllBytes(first, bytes);
        return Path.GetFileName(first);
    }

    /// <summary>Runs a command on the folder, and makes sure that this changes nothing in it.</summary>
    public async Task<ProcessRun> RunAsync(string command, string[] options, CancellationToken cancellationToken)
    {
        string[] before = Content();
        ProcessRun run = await SampleConsole.RunAsync([command, Folder, .. options], cancellationToken: cancellationToken);
        Content().Should().Equal(before, "the command only looks");
        return run;
    }

    private static async Task AppendAsync(CommitLog log, IEnumerable<LogBatch> commits, CancellationToken cancellationToken)
    {
        foreach (LogBatch commit in commits)
        {
            await log.AppendAsync(commit, cancellationToken: cancellationToken);
        }
    }

    private static long EndOfData(string file) => File.ReadAllBytes(file).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    private string[] Content() => Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => $"{file}: {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}")]
        : [];
}
