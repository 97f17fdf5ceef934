using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Tests.Storage;

namespace DataIntensive.Tests.Logs;

/// <summary>Opening to read while a writer goes on, which may do anything between two looks at the folder.</summary>
public sealed class LogReadOnlyTests
{
    private const int Records = 100;

    private static readonly CommitLogOptions Options = new() { SegmentBytes = 64 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static readonly CommitLogOptions ReadOnly = new() { SegmentBytes = 64 * 1024, OpenMode = LogOpenMode.ReadOnly };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("trim")]
    [InlineData("compact")]
    [InlineData("fill")]
    [InlineData("close")]
    public async Task Open_WithAWriterThatGoesOnInTheMiddle_FindsAWholeLog(string what)
    {
        int at = 0;
        bool wasReached = true;
        int mostCalls = 0;
        for (; wasReached; at++)
        {
            MemoryStorage folder = new();
            await using CommitLog writer = await FilledAsync(folder);
            int calls = 0;
            FailingStorage watched = new(folder);
            watched.Before = _ =>
            {
                if (calls++ == at)
                {
                    GoOnAsync(writer, what).GetAwaiter().GetResult();
                }
            };

            await using CommitLog reader = await CommitLog.OpenAsync(watched, ReadOnly, Stop);

            wasReached = calls > at;
            mostCalls = Math.Max(mostCalls, calls);
            (long First, long Last, long Missing) found = ReadAll(reader);
            found.First.Should().Be(reader.Range.First.Value, "the writer went on before call {0}", at);
            found.Last.Should().BeGreaterThanOrEqualTo(Records);
            found.Missing.Should().Be(0);
        }

        at.Should().BeGreaterThan(5);
        if (what is "trim" or "compact")
        {
            mostCalls.Should().BeGreaterThan(at, "some had to look again");
        }
    }

    [Fact]
    public async Task Open_WithAWriterThatBeginsInTheMiddle_FindsNothingOrItsRecord()
    {
        bool wasReached = true;
        int found = 0;
        for (int at = 0; wasReached; at++)
        {
            MemoryStorage folder = new();
            await using CommitLog writer = await CommitLog.OpenAsync(folder, Options, Stop);
            int calls = 0;
            FailingStorage watched = new(folder);
            watched.Before = _ =>
            {
                if (calls++ == at)
                {
                    writer.AppendAsync(new byte[1], cancellationToken: Stop).AsTask().GetAwaiter().GetResult();
                }
            };

            await using CommitLog reader = await CommitLog.OpenAsync(watched, ReadOnly, Stop);

            wasReached = calls > at;
            reader.Range.End.Value.Should().BeInRange(0, 1);
            found += (int)reader.Range.End.Value;
        }

        found.Should().BePositive();
    }

    [Fact]
    public async Task Open_OfALastSegmentThatIsFullBeforeItIsRead_LooksOnce()
    {
        MemoryStorage folder = new();
        await using CommitLog writer = await FilledAsync(folder);
        FailingStorage watched = new(folder);
        int looks = 0;
        int fills = 0;
        watched.Before = name =>
        {
            looks += name == LogManifest.FileName ? 1 : 0;
            if (name == writer.Segments[^1].Name && fills++ < 100)
            {
                GoOnAsync(writer, "fill").GetAwaiter().GetResult();
            }
        };

        await using CommitLog reader = await CommitLog.OpenAsync(watched, ReadOnly, Stop);

        writer.Segments[^2].End.Should().BeLessThan(Options.SegmentBytes, "it was cut back");
        fills.Should().Be(1, "a log that grows faster than it can be read must open too");
        looks.Should().BeInRange(1, 2);
        ReadAll(reader).Last.Should().BeGreaterThanOrEqualTo(Records);
    }

    private static async Task GoOnAsync(CommitLog writer, string what)
    {
        switch (what)
        {
            case "trim":
                await writer.TrimAsync(new LogPosition(60), Stop);
                break;
            case "compact":
                await writer.CompactAsync((in record) => record.Position.Value % 10 == 1, cancellationToken: Stop);
                break;
            case "fill":
                int segments = writer.Segments.Length;
                for (int i = 0; i < 100 && writer.Segments.Length == segments; i++)
                {
                    await writer.AppendAsync(new byte[3_000], cancellationToken: Stop);
                }

                break;
            default:
                await writer.DisposeAsync();
                break;
        }
    }

    private static async Task<CommitLog> FilledAsync(MemoryStorage folder)
    {
        CommitLog log = await CommitLog.OpenAsync(folder, Options, Stop);
        for (int i = 0; i < Records; i++)
        {
            await log.AppendAsync(new byte[2_000 + i], cancellationToken: Stop);
        }

        return log;
    }

    // The first and the last record, and how many between them are neither there nor known to be removed.
    private static (long First, long Last, long Missing) ReadAll(CommitLog log)
    {
        using LogReader reader = log.OpenReader(new LogPosition(log.Range.First.Value - 1), Durability.Os);
        reader.TryRead(out LogRecord record).Should().BeTrue();
        long first = record.Position.Value - record.RemovedBefore;
        long last = record.Position.Value;
        long missing = 0;
        while (reader.TryRead(out record))
        {
            missing += record.Position.Value - last - 1 - record.RemovedBefore;
            last = record.Position.Value;
        }

        return (first, last, missing);
    }
}
