using System.Text.Json;
using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Shop;

/// <summary>What the main job makes of good and bad input, as its caller sees it.</summary>
public sealed class ShopInputSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataintensive-shop-specs-");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder.FullName, "data");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task BadRows_AreRejectedWithTheirLineAndCounted()
    {
        string input = Write(
            "1,A,\"two\nlines\",2,2026-01-05T08:00:00Z,1.50,7,France",
            "",
            "2,B,,0,2026-01-05T08:01:00Z,1,7,France",
            "3,,x,1,2026-01-05T08:02:00Z,1,7,France",
            ",C,x,1,2026-01-05T08:02:00Z,1,7,France",
            "4,D,x,1.5,2026-01-05T08:02:00Z,1,7,France",
            "5,E,x,1,2026-01-05 08:02:00,1,7,France",
            "6,F,x,1,2026-01-05T08:02:00Z,1e2,7,France",
            "7,G,x,1,2026-01-05T08:02:00Z,1",
            "C8,A,x,-1,2026-01-05T08:03:00Z,1.50,7,France");

        ProcessRun run = await ShopAsync(input);

        run.ExitCode.Should().Be(0, run.Errors);
        run.ErrorLines.Select(line => line.Split(':')[0]).Should().Equal("line 5", "line 6", "line 7", "line 8", "line 9", "line 10", "line 11");
        JsonElement result = JsonDocument.Parse(run.Output).RootElement.GetProperty("result");
        result.GetProperty("rows").GetInt32().Should().Be(9);
        result.GetProperty("rejected").GetInt32().Should().Be(7);
        result.GetProperty("invoices").GetInt32().Should().Be(2);
        result.GetProperty("cancelledInvoices").GetInt32().Should().Be(1);
        result.GetProperty("netRevenue").GetRawText().Should().Be("1.50");
        result.GetProperty("grossRevenue").GetRawText().Should().Be("3.00");
        result.GetProperty("sessions").GetInt32().Should().Be(1);
        result.GetProperty("topProducts").GetRawText().Should().Contain("\"A\"");
    }

    [Fact]
    public async Task LateRows_GoToTheLateOutputAndCountInTheTotals()
    {
        // 10:30 moves the watermark to 9:30, so the hour of 8 has closed; 9:15 is still in time for the hour of 9.
        string input = Write(
            "1,A,x,1,2026-01-05T08:59:00Z,1,7,France",
            "2,A,x,1,2026-01-05T10:30:00Z,1,8,France",
            "3,A,x,1,2026-01-05T08:10:00Z,1,9,France",
            "4,A,x,1,2026-01-05T09:15:00Z,1,9,France");

        ProcessRun run = await ShopAsync(input);

        JsonElement result = JsonDocument.Parse(run.Output).RootElement.GetProperty("result");
        result.GetProperty("late").GetInt32().Should().Be(1);
        result.GetProperty("netRevenue").GetDecimal().Should().Be(4);
        result.GetProperty("hours").EnumerateArray().Select(hour => (hour.GetProperty("hour").GetString(), hour.GetProperty("lines").GetInt32()))
            .Should().Equal(("2026-01-05T08:00:00Z", 1), ("2026-01-05T09:00:00Z", 1), ("2026-01-05T10:00:00Z", 1));
        result.GetProperty("sessions").GetInt32().Should().Be(3, "8:10 to 8:40 has closed, 9:15 to 9:45 has not");
    }

    [Fact]
    public async Task Retries_ChangeNoResult()
    {
        string input = WriteText(ShopInput.Generate(seed: 3, rows: 500));
        ProcessRun plain = await ShopAsync(input);
        ProcessRun retried = await SampleConsole.RunAsync(["shop", "--input", input, "--data", Data + "-2", "--retries", "100", "--json"], cancellationToken: Stop);

        JsonElement run = JsonDocument.Parse(retried.Output).RootElement;
        run.GetProperty("result").GetRawText().Should().Be(JsonDocument.Parse(plain.Output).RootElement.GetProperty("result").GetRawText());
        int submitted = run.GetProperty("run").GetProperty("retriesSubmitted").GetInt32();
        submitted.Should().Be(run.GetProperty("result").GetProperty("rows").GetInt32() - run.GetProperty("result").GetProperty("rejected").GetInt32());
        run.GetProperty("run").GetProperty("retriesAbsorbed").GetInt32().Should().Be(submitted);
    }

    [Fact]
    public async Task MissingFile_IsOneLineAndNothingIsWritten() => await RefusedAsync(["shop", "--input", Path.Combine(_folder.FullName, "none.csv"), "--data", Data, "--json"], "none.csv");

    [Fact]
    public async Task HeaderThatIsNotTheLayout_IsOneLineAndNothingIsWritten()
    {
        string input = WriteText("a,b,c\n1,2,3\n");
        await RefusedAsync(["shop", "--input", input, "--data", Data, "--json"], "header");
    }

    [Fact]
    public async Task UnknownOption_IsOneLineAndNothingIsWritten() =>
        await RefusedAsync(["shop", "--input", Write("1,A,x,1,2026-01-05T08:00:00Z,1,7,France"), "--data", Data, "--colour"], "--colour");

    [Theory]
    [InlineData("--retries", "101")]
    [InlineData("--retries", "many")]
    [InlineData("--seed", "x")]
    public async Task OptionOutOfRange_IsOneLineAndNothingIsWritten(string option, string value) =>
        await RefusedAsync(["shop", "--input", Write("1,A,x,1,2026-01-05T08:00:00Z,1,7,France"), "--data", Data, option, value], value == "101" ? "0 to 100" : value);

    [Fact]
    public async Task FolderWithSomethingElse_IsRefusedUntouched()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "notes.txt"), "mine", Stop);

        ProcessRun run = await ShopAsync(Write("1,A,x,1,2026-01-05T08:00:00Z,1,7,France"));

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain(Data);
        Directory.GetFileSystemEntries(Data).Should().ContainSingle();
    }

    [Fact]
    public async Task DatabaseOfSomethingElse_IsRefusedUntouched()
    {
        await using (Database other = await Database.OpenAsync(Data, new DatabaseSchema().AddStore<string, int>("mine"), cancellationToken: Stop))
        {
            await other.Store<string, int>("mine").WriteAsync("a", 1, Stop);
        }

        long before = new FileInfo(Directory.GetFiles(Data, "*.seg").Single()).Length;

        ProcessRun run = await ShopAsync(Write("1,A,x,1,2026-01-05T08:00:00Z,1,7,France"));

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle();
        new FileInfo(Directory.GetFiles(Data, "*.seg").Single()).Length.Should().Be(before);
    }

    [Fact]
    public async Task FolderOfAnotherInput_IsRefused()
    {
        (await ShopAsync(Write("1,A,x,1,2026-01-05T08:00:00Z,1,7,France"))).ExitCode.Should().Be(0);

        ProcessRun run = await ShopAsync(WriteText(ShopInput.Header + "\n1,A,x,2,2026-01-05T08:00:00Z,1,7,France\n"));

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain("another input");
    }

    [Fact]
    public async Task CorruptLog_EndsWithOneAndNamesFileAndOffset()
    {
        string input = WriteText(ShopInput.Generate(seed: 1, rows: 200));
        (await ShopAsync(input)).ExitCode.Should().Be(0);
        string segment = Directory.GetFiles(Data, "*.seg").First();
        byte[] bytes = await File.ReadAllBytesAsync(segment, Stop);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, Stop);

        ProcessRun run = await ShopAsync(input);

        run.ExitCode.Should().Be(1);
        run.ErrorLines[^1].Should().Contain(Path.GetFileName(segment)).And.MatchRegex("offset [0-9]+");
        run.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task WithoutArguments_TheJobRunsOnAMadeUpDayAndPrintsTables()
    {
        ProcessRun first = await SampleConsole.RunAsync([], cancellationToken: Stop);
        ProcessRun second = await SampleConsole.RunAsync([], cancellationToken: Stop);

        first.ExitCode.Should().Be(0, first.Errors);
        first.Output.Should().Contain("Top products").And.Contain("net revenue").And.NotContain("\u001b");
        first.Output.Split('\n')[..20].Should().Equal(second.Output.Split('\n')[..20]);
    }

    [Theory]
    [InlineData("store", "hot: 100")]
    [InlineData("transactions", "Serializable: 1 on call")]
    [InlineData("causal", "page: merged")]
    [InlineData("bank", "second teller: False")]
    [InlineData("idempotency", "attempt 2: payment-1, Replayed; alice has 100")]
    [InlineData("group", "replayed: 2, now 1 unicorn and 1 doormat")]
    [InlineData("changes", "index: 85123A = Lantern at 2.75")]
    [InlineData("streams", "running sums: 1, 3, 6")]
    public async Task EveryPattern_Runs(string sample, string line)
    {
        ProcessRun run = await SampleConsole.RunAsync([sample], cancellationToken: Stop);

        run.ExitCode.Should().Be(0, run.Errors);
        run.Output.Should().Contain(line);
        run.Errors.Should().BeEmpty();
    }

    private async Task RefusedAsync(string[] arguments, string mentioned)
    {
        ProcessRun run = await SampleConsole.RunAsync(arguments, cancellationToken: Stop);

        run.ExitCode.Should().Be(2);
        run.ErrorLines.Should().ContainSingle().Which.Should().Contain(mentioned);
        run.Output.Should().BeEmpty();
        Directory.Exists(Data).Should().BeFalse();
    }

    private Task<ProcessRun> ShopAsync(string input) => SampleConsole.RunAsync(["shop", "--input", input, "--data", Data, "--json"], cancellationToken: Stop);

    private string Write(params string[] rows) => WriteText(ShopInput.Header + "\n" + string.Join('\n', rows) + "\n");

    private string WriteText(string text)
    {
        string file = Path.Combine(_folder.FullName, $"input-{Directory.GetFiles(_folder.FullName).Length}.csv");
        File.WriteAllText(file, text);
        return file;
    }
}
