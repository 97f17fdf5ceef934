using DataIntensive.Logs;
using DataIntensive.Storage;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Specs.Logs;

/// <summary>Random appends, compactions, trims and reopenings of a log of small segments, against a model.</summary>
public sealed class LogModelSpecs(ITestOutputHelper output)
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Log_ThatIsCompactedTrimmedAndReopened_HasAllThatIsNeededAndTellsTheRest()
    {
        int first = SpecRun.FirstSeed(output);
        int rewritten = 0;
        int removed = 0;
        long trimmed = 0;
        for (int seed = first; seed < first + (SpecRun.IsLong ? 300 : 12); seed++)
        {
            try
            {
                Random random = new(seed);
                MemoryStorage storage = new();
                LogModel model = new();
                for (int life = 0; life < 5; life++)
                {
                    await using CommitLog log = await CommitLog.OpenAsync(storage, Options(random));
                    model.Check(log);
                    for (int step = 0; step < 4; step++)
                    {
                        await AppendAsync(log, model, random, random.Next(1, 40));
                        rewritten += await CompactAsync(log, model, random);
                        await TrimAsync(log, model, random);
                    }

                    model.Check(log);
                    trimmed += log.Range.First.Value - 1;
                }

                removed += model.Removed;
            }
            catch (Exception exception)
            {
                throw new Xunit.Sdk.XunitException($"With seed {seed}: {exception.Message}", exception);
            }
        }

        output.WriteLine($"{rewritten} segments written anew, {removed} removed records told, {trimmed} positions trimmed");
        rewritten.Should().BeGreaterThan(20);
        removed.Should().BeGreaterThan(100);
        trimmed.Should().BePositive();
    }

    private CommitLogOptions Options(Random random) => new()
    {
        SegmentBytes = 64 * 1024,
        TimeProvider = _time,
        OpenCheck = random.Next(2) == 0 ? LogOpenCheck.Everything : LogOpenCheck.Unproven,
    };

    private async Task AppendAsync(CommitLog log, LogModel model, Random random, int commits)
    {
        int longest = random.Next(3) switch { 0 => 10, 1 => 300, _ => 6_000 };
        for (int i = 0; i < commits; i++)
        {
            _time.Advance(TimeSpan.FromTicks(random.Next(3) * random.Next(50)));
            SubmittedCommit commit = model.Submit(random.Next(1, 8), random.Next(longest));
            model.Acknowledge(commit, await log.AppendAsync(commit.ToBatch()), _time.GetUtcNow());
        }
    }

    private static async Task<int> CompactAsync(CommitLog log, LogModel model, Random random)
    {
        long keepFrom = random.NextInt64(1, model.End + 2);
        model.Kill(random, random.Next(4) switch { 0 => 0.02, 1 => 0.5, 2 => 0.97, _ => 0 }, keepFrom);
        LogCompactionOptions options = new()
        {
            KeepFrom = random.Next(2) == 0 ? new LogPosition(keepFrom) : null,
            MaxLiveRatio = random.NextDouble(),
            MaxWrittenBytes = random.Next(1, 200_000),
        };
        LogCompactionReport report = await log.CompactAsync(model.IsAlive, options);
        return report.SegmentsReplaced;
    }

    private static async Task TrimAsync(CommitLog log, LogModel model, Random random)
    {
        if (random.Next(8) == 0)
        {
            long before = random.NextInt64(log.Range.First.Value, model.End + 2);
            model.MayBeginAt = Math.Max(model.MayBeginAt, before);
            await log.TrimAsync(new LogPosition(before));
        }
    }
}
