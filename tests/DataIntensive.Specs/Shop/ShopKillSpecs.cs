using System.Text.Json;
using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Shop;

/// <summary>The main job, killed with SIGKILL at random moments and started again, comes to the same result.</summary>
public sealed class ShopKillSpecs(ITestOutputHelper output)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Result_IsTheSameHoweverOftenItIsKilled()
    {
        int seed = SpecRun.FirstSeed(output);
        int wantedKills = SpecRun.IsLong ? 60 : 8;
        int mostKills = 10 * wantedKills;
        Random random = new(seed);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dataintensive-kill-");
        try
        {
            string input = Path.Combine(folder.FullName, "input.csv");
            await File.WriteAllTextAsync(input, ShopInput.Generate(seed, rows: SpecRun.IsLong ? 20_000 : 4_000), Stop);
            ProcessRun whole = await SampleConsole.RunAsync(["shop", "--input", input, "--data", Path.Combine(folder.FullName, "whole"), "--json"], cancellationToken: Stop);
            whole.ExitCode.Should().Be(0, whole.Errors);
            string expected = ResultOf(whole);
            long wholeMilliseconds = JsonDocument.Parse(whole.Output).RootElement.GetProperty("run").GetProperty("milliseconds").GetInt64();

            string[] arguments = ["shop", "--input", input, "--data", Path.Combine(folder.FullName, "killed"), "--retries", "30", "--seed", "7", "--json"];
            int kills = 0;
            int finishedEarly = 0;
            int resumed = 0;
            ProcessRun run;
            do
            {
                // The console needs a while to start; the kill falls anywhere between that and a bit after the usual end.
                TimeSpan? killAfter = kills < wantedKills ? TimeSpan.FromMilliseconds(100 + (random.NextDouble() * (wholeMilliseconds + 200))) : null;
                run = await SampleConsole.RunAsync(arguments, killAfter, Stop);
                kills += run.WasKilled ? 1 : 0;
                if (!run.WasKilled)
                {
                    run.ExitCode.Should().Be(0, run.Errors);
                    ResultOf(run).Should().Be(expected);
                    resumed += ResumedAtRow(run) > 1 ? 1 : 0;
                    finishedEarly++;

                    // Until some kill has fallen between the first and the last row, too.
                    wantedKills = resumed == 0 && kills < mostKills ? Math.Max(wantedKills, kills + 1) : wantedKills;
                    if (kills < wantedKills)
                    {
                        // Finished before its time: a new folder for the remaining kills.
                        arguments[4] = Path.Combine(folder.FullName, $"killed-{finishedEarly}");
                    }
                }
            }
            while (run.WasKilled || kills < wantedKills);

            output.WriteLine($"{kills} kills, {finishedEarly} finished runs, {resumed} of them resumed behind the first row");
            kills.Should().BeGreaterThanOrEqualTo(wantedKills);
            resumed.Should().BeGreaterThan(0, "some kill must fall between the first and the last row");

            ProcessRun again = await SampleConsole.RunAsync(arguments, cancellationToken: Stop);
            ResultOf(again).Should().Be(expected, "a finished run started again prints the same");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string ResultOf(ProcessRun run) => JsonDocument.Parse(run.Output).RootElement.GetProperty("result").GetRawText();

    private static int ResumedAtRow(ProcessRun run) => JsonDocument.Parse(run.Output).RootElement.GetProperty("run").GetProperty("resumedAtRow").GetInt32();
}
