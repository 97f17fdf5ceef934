using System.Text;
using DataIntensive.CrashHost;
using DataIntensive.Logs;
using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Logs;

/// <summary><c>verify DIR</c> as its caller sees it.</summary>
public sealed class VerifyCommandSpecs : IDisposable
{
    private readonly SampleLog _log = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task ClosedLog_IsOk()
    {
        await _log.WriteClosedAsync(Commits(5), Stop);

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        run.WholeOutputLines.Should().Equal("1 segments, positions 1 to 5, closed", "ok");
        run.Errors.Should().BeEmpty();
    }

    [Fact]
    public async Task LogThatWasNotClosedAndIsWhole_IsOk()
    {
        await _log.WriteUnclosedAsync(Commits(5), Stop);

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        run.WholeOutputLines.Should().Equal("1 segments, positions 1 to 5, not closed", "ok");
    }

    [Fact]
    public async Task LogThatIsBeingWritten_IsOk()
    {
        await using CommitLog live = await SampleLog.OpenAsync(_log.Folder, Stop);
        foreach (LogBatch commit in Commits(3))
        {
            await live.AppendAsync(commit, cancellationToken: Stop);
        }

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        run.WholeOutputLines[^1].Should().Be("ok");
        (await live.AppendAsync(Commits(1)[0], cancellationToken: Stop)).Value.Should().Be(4, "the writer was not disturbed");
    }

    [Fact]
    public async Task LogThatGrowsMeanwhile_IsNeverTakenForCorrupt()
    {
        await using CommitLog live = await CommitLog.OpenAsync(_log.Folder, LogLife.Options, Stop);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<long>[] writers = [.. Enumerable.Range(0, 3).Select(writer => Task.Run(() => WriteAsync(live, writer, enough.Token)))];

        for (int round = 0; round < 3; round++)
        {
            ProcessRun run = await SampleConsole.RunAsync(["verify", _log.Folder], cancellationToken: Stop);

            run.ExitCode.Should().Be(0, run.Output + run.Errors);
            run.WholeOutputLines[^1].Should().MatchRegex("^(ok|torn tail: .*)$");
        }

        await enough.CancelAsync();
        (await Task.WhenAll(writers)).Sum().Should().BeGreaterThan(30, "it must have grown");
    }

    [Fact]
    public async Task DamagedIndex_IsAWarning()
    {
        await _log.WriteClosedAsync(Enumerable.Range(0, 40).Select(_ => new LogBatch().Add(1, new byte[4_000])), Stop);
        string index = Directory.GetFiles(_log.Folder, "*.idx").Single();
        byte[] bytes = await File.ReadAllBytesAsync(index, Stop);
        bytes[70] ^= 1;
        await File.WriteAllBytesAsync(index, bytes, Stop);

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        run.WholeOutputLines.Should().Equal(
            "1 segments, positions 1 to 40, closed",
            $"warning: file {Path.GetFileName(index)} does not fit its segment; it is made anew when the log is written",
            "ok");
        (await File.ReadAllBytesAsync(index, Stop)).Should().Equal(bytes, "nothing is changed");
    }

    [Fact]
    public async Task Database_IsOk()
    {
        await using (Database database = await Database.OpenAsync(_log.Folder, new DatabaseSchema().AddStore<string, int>("stock"), cancellationToken: Stop))
        {
            await database.Store<string, int>("stock").WriteAsync("apple", 5, Stop);
        }

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        run.WholeOutputLines[^1].Should().Be("ok");
    }

    [Fact]
    public async Task TornTail_IsNamedAndNoFailure()
    {
        await _log.WriteUnclosedAsync(Commits(5), Stop);
        string file = _log.TearTail();

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        run.WholeOutputLines[0].Should().Be("1 segments, positions 1 to 4, not closed");
        run.WholeOutputLines[^1].Should().MatchRegex($"^torn tail: file {file}, offset [1-9][0-9]*, [1-9][0-9]* bytes$");
    }

    [Fact]
    public async Task DamagedLog_IsCorruptWithThePlaceAndWhatIsWrong()
    {
        await _log.WriteClosedAsync(Commits(5), Stop);
        string file = _log.Damage();

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(1);
        run.WholeOutputLines[^1].Should().MatchRegex($"^corrupt: file {file}, offset [1-9][0-9]*, expected .+, found .+$");
        run.Errors.Should().BeEmpty();
    }

    [Fact]
    public async Task MissingFolder_IsOneLineAndNotMade()
    {
        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain(_log.Folder);
        run.Output.Should().BeEmpty();
        Directory.Exists(_log.Folder).Should().BeFalse();
    }

    [Fact]
    public async Task FolderWithoutALog_IsOneLine()
    {
        Directory.CreateDirectory(_log.Folder);
        await File.WriteAllTextAsync(Path.Combine(_log.Folder, "notes.txt"), "mine", Stop);

        ProcessRun run = await VerifyAsync();

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain("no log");
        run.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task WithoutAFolder_IsOneLine()
    {
        ProcessRun run = await SampleConsole.RunAsync(["verify"], cancellationToken: Stop);

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle();
    }

    private static async Task<long> WriteAsync(CommitLog log, int writer, CancellationToken enough)
    {
        LogBatch batch = new();
        long sequence = 0;
        while (!enough.IsCancellationRequested)
        {
            new CrashCommit(Seed: 1, writer, ++sequence).FillInto(batch);
            await log.AppendAsync(batch, cancellationToken: CancellationToken.None);
        }

        return sequence;
    }

    private static LogBatch[] Commits(int count) => [.. Enumerable.Range(1, count).Select(number => new LogBatch().Add(1, Encoding.UTF8.GetBytes($"record {number} of a few")))];

    private Task<ProcessRun> VerifyAsync() => _log.RunAsync("verify", [], Stop);
}
