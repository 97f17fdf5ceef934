using System.Text.RegularExpressions;
using DataIntensive.Logs;
using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Logs;

/// <summary><c>dump DIR</c> as its caller sees it.</summary>
public sealed class DumpCommandSpecs : IDisposable
{
    private readonly SampleLog _log = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task CompactedLog_TellsWhatWasRemoved()
    {
        await using (CommitLog log = await SampleLog.OpenAsync(_log.Folder, Stop))
        {
            await log.AppendAsync(new LogBatch().Add(1, "gone"u8).Add(1, "gone too"u8).Add(1, "kept"u8), cancellationToken: Stop);
        }

        await using (CommitLog log = await SampleLog.OpenAsync(_log.Folder, Stop))
        {
            await log.AppendAsync("last"u8.ToArray(), cancellationToken: Stop);
        }

        await using (CommitLog log = await SampleLog.OpenAsync(_log.Folder, Stop))
        {
            await log.AppendAsync("newest"u8.ToArray(), cancellationToken: Stop);
            (await log.CompactAsync((in record) => record.Position.Value > 2, cancellationToken: Stop)).RecordsRemoved.Should().Be(2);
        }

        ProcessRun run = await SampleConsole.RunAsync(["dump", _log.Folder], cancellationToken: Stop);

        run.ExitCode.Should().Be(0, run.Errors);
        run.WholeOutputLines[0].Should().Be("         2  removed up to here: 2");
        run.WholeOutputLines[1].Should().StartWith("         3  tag 1").And.Contain("  end  ").And.EndWith("\"kept\"");
        run.WholeOutputLines.Should().HaveCount(4);
    }

    [Fact]
    public async Task Records_ArePrintedALineEach()
    {
        await _log.WriteClosedAsync(Commits(), Stop);

        ProcessRun run = await DumpAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        run.Errors.Should().BeEmpty();
        run.WholeOutputLines.Select(line => Regex.Replace(line.Trim(), " +", " ")).Should().Equal(
            "1 tag 7 2026-03-04T05:06:07.890000Z 5 \"hello\"",
            "2 tag 4294967295 end 2026-03-04T05:06:07.890000Z 0 \"\"",
            "3 tag 8 end 2026-03-04T05:06:07.890000Z 7 \"Grüße\"",
            "4 tag 9 2026-03-04T05:06:07.890000Z 3 0xff0041",
            "5 tag 9 2026-03-04T05:06:07.890000Z 6 0x610a1b5b316d",
            $"6 tag 9 end 2026-03-04T05:06:07.890000Z 100 \"{new string('x', 80)}\"…");
    }

    [Fact]
    public async Task AfterAndLimit_ChooseTheRecords()
    {
        await _log.WriteClosedAsync(Commits(), Stop);

        ProcessRun run = await DumpAsync("--after", "2", "--limit", "3");

        run.ExitCode.Should().Be(0, run.Errors);
        PositionsIn(run).Should().Equal("3", "4", "5");
    }

    [Fact]
    public async Task AfterTheEnd_PrintsNothing()
    {
        await _log.WriteClosedAsync(Commits(), Stop);

        ProcessRun run = await DumpAsync("--after", "6");

        run.ExitCode.Should().Be(0, run.Errors);
        run.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task Width_CutsTextAndDigits()
    {
        await _log.WriteClosedAsync(Commits(), Stop);

        ProcessRun run = await DumpAsync("--width", "4");

        run.WholeOutputLines.Select(line => line.Split(' ')[^1]).Should().Equal("\"hell\"…", "\"\"", "\"Grüß\"…", "0xff00…", "0x610a…", "\"xxxx\"…");
    }

    [Fact]
    public async Task TornTail_IsToldBesideTheRecordsBeforeIt()
    {
        await _log.WriteUnclosedAsync(Commits(), Stop);
        string file = _log.TearTail();

        ProcessRun run = await DumpAsync();

        run.ExitCode.Should().Be(0, run.Errors);
        PositionsIn(run).Should().Equal("1", "2", "3");
        run.ErrorLines.Should().ContainSingle().Which.Should().StartWith($"torn tail: file {file}, offset ");
    }

    [Fact]
    public async Task DamagedLog_IsAFailureThatNamesThePlace()
    {
        await _log.WriteClosedAsync(Commits(), Stop);
        string file = _log.Damage();

        ProcessRun run = await DumpAsync();

        run.ExitCode.Should().Be(1);
        run.ErrorLines.Should().ContainSingle().Which.Should().MatchRegex($"^corrupt: file {file}, offset [1-9][0-9]*, expected .+, found .+$");
    }

    [Theory]
    [InlineData("--after", "7", "end of the log, 6")]
    [InlineData("--after", "-1", "whole numbers from 0")]
    [InlineData("--limit", "0", "whole numbers from 1")]
    [InlineData("--limit", "few", "few")]
    [InlineData("--width", "0", "whole numbers from 1")]
    [InlineData("--colour", "red", "--colour")]
    public async Task OptionOutOfRange_IsOneLine(string option, string value, string mentioned)
    {
        await _log.WriteClosedAsync(Commits(), Stop);

        ProcessRun run = await DumpAsync(option, value);

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain(mentioned);
        run.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task MissingFolder_IsOneLineAndNotMade()
    {
        ProcessRun run = await DumpAsync();

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain(_log.Folder);
        run.Output.Should().BeEmpty();
        Directory.Exists(_log.Folder).Should().BeFalse();
    }

    private static LogBatch[] Commits() =>
    [
        new LogBatch().Add(7, "hello"u8).Add(uint.MaxValue, []),
        new LogBatch().Add(8, "Grüße"u8),
        new LogBatch().Add(9, [0xFF, 0, 0x41]).Add(9, "a\n\u001b[1m"u8).Add(9, [.. Enumerable.Repeat((byte)'x', 100)]),
    ];

    private static IEnumerable<string> PositionsIn(ProcessRun run) => run.WholeOutputLines.Select(line => line.Trim().Split(' ')[0]);

    private Task<ProcessRun> DumpAsync(params string[] options) => _log.RunAsync("dump", options, Stop);
}
