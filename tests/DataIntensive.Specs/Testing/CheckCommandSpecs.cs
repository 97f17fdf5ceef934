using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Testing;

/// <summary><c>check FILE</c> as its caller sees it.</summary>
public sealed class CheckCommandSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataintensive-check-specs-");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("etcd_002.log", "register", 0, "linearizable")]
    [InlineData("etcd_003.log", "register", 1, "not linearizable")]
    [InlineData("c10-ok.txt", "key-value", 0, "linearizable")]
    [InlineData("c10-bad.txt", "key-value", 1, "not linearizable")]
    public async Task RealHistory_HasItsVerdictOnTheLastLine(string file, string model, int exitCode, string lastLine)
    {
        string page = Path.Combine(_folder.FullName, "page.html");

        ProcessRun run = await CheckAsync(SharedHistories.PathOf(file), "--model", model, "--html", page);

        run.ExitCode.Should().Be(exitCode, run.Errors);
        run.WholeOutputLines[^1].Should().Be(lastLine);
        run.Errors.Should().BeEmpty();
        (await File.ReadAllTextAsync(page, Stop)).Should().StartWith("<!DOCTYPE html>").And.Contain(lastLine).And.NotContain("http");
    }

    [Fact]
    public async Task TextAndJsonForms_AreReadToo()
    {
        string text = Write("history 1", "1 0 call put \"x\" 1", "2 0 return nil", "3 1 call get \"x\" nil", "4 1 return nil");
        string json = Write(
            """{"history":1}""",
            """{"at":1,"process":0,"type":"call","function":"write","argument":1}""",
            """{"at":2,"process":0,"type":"return"}""");

        ProcessRun stale = await CheckAsync(text, "--model", "key-value");
        ProcessRun good = await CheckAsync(json, "--model", "register");

        stale.ExitCode.Should().Be(1, stale.Errors);
        stale.Output.Should().Contain("get \"x\" → nil").And.Contain("no order gets past it");
        good.ExitCode.Should().Be(0, good.Errors);
    }

    [Fact]
    public async Task TooLittleTime_IsUnknown()
    {
        // Many appends at once, of which a put may overwrite any, and then a read that no order explains.
        string[] calls = [.. Enumerable.Range(0, 40).Select(process => $"1 {process} call append \"x\" \"{process}\""), "1 40 call put \"x\" \"p\""];
        string[] returns = [.. Enumerable.Range(0, 41).Select(process => $"2 {process} return nil")];
        string file = Write(["history 1", .. calls, .. returns, "3 99 call get \"x\" nil", "4 99 return \"p no\""]);

        ProcessRun run = await CheckAsync(file, "--model", "key-value", "--timeout", "0.3");

        run.ExitCode.Should().Be(3, run.Errors);
        run.WholeOutputLines[^1].Should().Be("unknown");
    }

    [Theory]
    [InlineData("INFO  jepsen.util - 0\t:ok\t:read\tnil", "without a call")]
    [InlineData("INFO  jepsen.util - 0\t:invoke\t:swap\t1", "':swap'")]
    [InlineData("INFO  jepsen.util - 1\t:invoke\t:read\tnil", "process 1 calls read while")]
    [InlineData("what is this", "is missing")]
    public async Task UnreadableLine_IsNamedOnOneLine(string line, string problem)
    {
        string file = Write("INFO  jepsen.util - 1\t:invoke\t:write\t1", "", line);

        ProcessRun run = await CheckAsync(file, "--model", "register");

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain("line 3").And.Contain(problem);
    }

    [Theory]
    [InlineData("missing", "--model", "register")]
    [InlineData("missing")]
    [InlineData("missing", "--model", "bank")]
    [InlineData("missing", "--model", "register", "--timeout", "0")]
    public async Task UnusableArguments_AreOneLine(params string[] arguments)
    {
        ProcessRun run = await CheckAsync(arguments);

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle();
        run.Output.Should().BeEmpty();
    }

    private static Task<ProcessRun> CheckAsync(params string[] arguments) => SampleConsole.RunAsync(["check", .. arguments], cancellationToken: Stop);

    private string Write(params string[] lines)
    {
        string file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.txt");
        File.WriteAllLines(file, lines);
        return file;
    }
}
