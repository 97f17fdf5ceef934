using System.Globalization;
using DataIntensive.CrashHost;
using DataIntensive.Specs.Processes;

namespace DataIntensive.Specs.Idempotency;

/// <summary>
/// A process is killed with SIGKILL again and again while several callers ask for the same keys. In transactional mode every effect is
/// there exactly once; in external mode none is there twice, and where it is not known whether one is, the key says so.
/// </summary>
public sealed class IdempotencyKillSpecs(ITestOutputHelper output) : IDisposable
{
    private const int Writers = 6;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DATAINTENSIVE_LONG") == "1";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataintensive-kill-");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Transactional_EveryEffectIsThereExactlyOnceHoweverOftenItsProcessIsKilled()
    {
        int kills = 0;
        int busy = 0;
        long keys = 0;
        await foreach (HashSet<long> acknowledged in LivesAsync("keys", () => keys))
        {
            kills++;
            busy += acknowledged.Count > 0 ? 1 : 0;
            await using Database database = await Database.OpenAsync(Files, IdempotencyLife.MakeSchema(), IdempotencyLife.Options, Stop);
            Dictionary<long, long> effects = IdempotencyLife.EffectsIn(database);
            effects.Values.Should().OnlyContain(times => times == 1);
            acknowledged.Should().BeSubsetOf(effects.Keys);
            foreach (long number in effects.Keys)
            {
                IdempotentResult<long> replayed = await database.Idempotency().ExecuteInTransactionAsync<long>(IdempotencyLife.KeyOf(number), _ => throw new InvalidDataException("has an effect and no key"), cancellationToken: Stop);
                replayed.Value.Should().Be(number);
            }

            keys = effects.Count;
        }

        output.WriteLine($"{kills} kills, {busy} of them after acknowledgements, {keys} keys");
        busy.Should().BeGreaterThan(kills / 2, "most kills must hit a process that works");
    }

    [Fact]
    public async Task External_NoEffectIsThereTwiceAndUnknownOutcomesAreTold()
    {
        int kills = 0;
        long keys = 0;
        HashSet<long> unknown = [];
        int withEffect = 0;

        // Until some kill has hit an operation between its claim and its record, too.
        await foreach (HashSet<long> acknowledged in LivesAsync("external-keys", () => unknown.Count == 0 ? 0 : keys))
        {
            kills++;
            Dictionary<long, long> effects = IdempotencyLife.EffectsOutside(Files);
            effects.Values.Should().OnlyContain(times => times == 1, "what may have happened is not done again unasked");
            await using Database database = await Database.OpenAsync(Files, IdempotencyLife.MakeSchema(), IdempotencyLife.Options, Stop);
            for (long number = 0; number <= effects.Keys.DefaultIfEmpty(-1).Max(); number++)
            {
                string outcome = await AskAsync(database, number);
                outcome.Should().NotBe("free", "key {0} was begun", number);
                if (outcome == "unknown")
                {
                    unknown.Add(number);
                    withEffect += effects.ContainsKey(number) ? 1 : 0;
                    acknowledged.Should().NotContain(number);
                }
                else
                {
                    effects.Should().ContainKey(number, "it is known as done");
                }
            }

            acknowledged.Should().BeSubsetOf(effects.Keys);
            keys = effects.Count;
        }

        output.WriteLine($"{kills} kills, {keys} keys, {unknown.Count} of unknown outcome ({withEffect} sightings of one whose effect is there)");
        unknown.Should().NotBeEmpty("some kill must hit an operation between its claim and its record");
    }

    private string Files => Path.Combine(_folder.FullName, "files");

    // Asks without running anything: the operation fails for now.
    private static async Task<string> AskAsync(Database database, long number)
    {
        try
        {
            await database.Idempotency().ExecuteAsync<long>(IdempotencyLife.KeyOf(number), _ => throw new InvalidDataException("free"), cancellationToken: Stop);
            return "done";
        }
        catch (IdempotencyOutcomeUnknownException)
        {
            return "unknown";
        }
        catch (InvalidDataException)
        {
            return "free";
        }
    }

    // One after another, until there were enough of kills and keys. Gives what was ever acknowledged.
    private async IAsyncEnumerable<HashSet<long>> LivesAsync(string mode, Func<long> keys)
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("DATAINTENSIVE_SEED") ?? Environment.TickCount.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed} (set DATAINTENSIVE_SEED to repeat)");
        Random random = new(seed);
        int wantedKills = IsLong ? 60 : 8;
        int wantedKeys = IsLong ? 10_000 : 200;
        HashSet<long> acknowledged = [];
        for (int kill = 0; kill < wantedKills || (keys() < wantedKeys && kill < 10 * wantedKills); kill++)
        {
            int atLeast = kill % 6 == 5 ? 0 : 1 + random.Next(IsLong ? 2000 : 400);
            using ChildProcess host = ChildProcess.Start(
                Path.Combine(AppContext.BaseDirectory, "DataIntensive.CrashHost.dll"),
                [mode, Files, seed.ToString(CultureInfo.InvariantCulture), Writers.ToString(CultureInfo.InvariantCulture)],
                awaitedLines: 1 + atLeast);
            if (atLeast > 0)
            {
                await host.EnoughLines.WaitAsync(Stop);
            }

            ProcessRun run = await host.EndAsync(TimeSpan.FromMilliseconds(random.Next(atLeast > 0 ? 10 : 250)), Stop);
            run.WasKilled.Should().BeTrue("only a kill ends the host; it ended with {0}: {1}", run.ExitCode, run.Errors);
            foreach (string line in run.WholeOutputLines.Skip(1))
            {
                acknowledged.Add(long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture));
            }

            yield return acknowledged;
        }
    }
}
