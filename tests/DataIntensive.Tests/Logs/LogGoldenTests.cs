using DataIntensive.Logs;

namespace DataIntensive.Tests.Logs;

/// <summary>
/// Logs of format 1.0, as version 0.1.0 wrote them, stay readable for good. Never write them anew: when this fails, the change broke what
/// users have on their disks. <c>DATAINTENSIVE_WRITE_GOLDEN</c> names an empty folder for the logs of a new format.
/// </summary>
public sealed class LogGoldenTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string> Logs => ["closed", "torn", "compacted"];

    [Theory]
    [MemberData(nameof(Logs))]
    public async Task GoldenLog_IsReadAsItWasWritten(string name)
    {
        string golden = GoldenFolder(name);
        string[] expected = await File.ReadAllLinesAsync(Path.Combine(golden, "records.txt"), Stop);
        expected.Should().HaveCountGreaterThan(10);

        await using (CommitLog log = await CommitLog.OpenAsync(golden, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly }, Stop))
        {
            Describe(log).Should().Equal(expected);
            log.Recovery.WasClosed.Should().Be(name != "torn");
            log.Recovery.TornBytes.Should().Be(name == "torn" ? 4_000 : 0);
            log.Recovery.DamagedIndexes.Should().BeEmpty();
        }

        using TemporaryDirectory copy = new();
        foreach (string file in Directory.GetFiles(golden))
        {
            File.Copy(file, copy.File(Path.GetFileName(file)));
        }

        LogPosition end;
        await using (CommitLog log = await CommitLog.OpenAsync(copy.Path, cancellationToken: Stop))
        {
            Describe(log).Should().Equal(expected);
            end = await log.AppendAsync(CommitLogContract.Batch("new"), cancellationToken: Stop);
        }

        await using CommitLog again = await CommitLog.OpenAsync(copy.Path, cancellationToken: Stop);
        again.Range.Durable.Should().Be(end);
        Describe(again)[..^1].Should().Equal(expected);
    }

    [Theory]
    [MemberData(nameof(Logs))]
    public async Task GoldenLog_IsAsTheFormatIsDocumented(string name)
    {
        string golden = GoldenFolder(name);
        DocumentedLog log = DocumentedLog.Read(golden);

        log.Lines.Should().Equal(await File.ReadAllLinesAsync(Path.Combine(golden, "records.txt"), Stop));
        (log.Jumps > 0).Should().Be(name == "compacted");
        (log.IndexEntries > 0).Should().Be(name == "compacted");
    }

    [Fact]
    public async Task WhatIsWrittenNow_IsAsTheFormatIsDocumented()
    {
        using TemporaryDirectory written = new();
        string folder = Environment.GetEnvironmentVariable("DATAINTENSIVE_WRITE_GOLDEN") ?? written.Path;
        await WriteClosedAsync(Path.Combine(folder, "closed"));
        await WriteTornAsync(Path.Combine(folder, "torn"));
        await WriteCompactedAsync(Path.Combine(folder, "compacted"));
        foreach (string name in Directory.GetDirectories(folder))
        {
            await using CommitLog log = await CommitLog.OpenAsync(name, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly }, Stop);
            List<string> lines = Describe(log);
            DocumentedLog.Read(name).Lines.Should().Equal(lines).And.HaveCountGreaterThan(10);
            await File.WriteAllLinesAsync(Path.Combine(name, "records.txt"), lines, Stop);
        }
    }

    private static string GoldenFolder(string name) => Path.Combine(AppContext.BaseDirectory, "Logs", "Golden", "1.0", name);

    private static List<string> Describe(CommitLog log)
    {
        List<string> lines = [];
        using LogReader reader = log.OpenReader(new LogPosition(log.Range.First.Value - 1), Durability.Os);
        while (reader.TryRead(out LogRecord record))
        {
            long micros = (record.Timestamp - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            lines.Add(DocumentedLog.Line(record.Position.Value, record.Tag, record.EndsCommit, micros, record.Body.Span));
        }

        return lines;
    }

    // Two lives, a trim, commits of one and of several records, empty bodies too.
    private static async Task WriteClosedAsync(string folder)
    {
        for (int life = 0; life < 2; life++)
        {
            await using CommitLog log = await CommitLog.OpenAsync(folder, Options(life), Stop);
            for (int i = 0; i < 12; i++)
            {
                LogBatch batch = new();
                for (int record = 0; record <= i % 4; record++)
                {
                    batch.Add((uint)i, Body(i, (i * record * 37) % 900));
                }

                await log.AppendAsync(batch, cancellationToken: Stop);
            }
        }
    }

    // A whole frame of the tail, but for its last bytes.
    private static async Task WriteTornAsync(string folder)
    {
        using TemporaryDirectory live = new();
        await using CommitLog log = await CommitLog.OpenAsync(live.Path, Options(0), Stop);
        for (int i = 0; i < 15; i++)
        {
            await log.AppendAsync(Body(i, 100), cancellationToken: Stop);
        }

        long whole = log.Segments[^1].End;
        await log.AppendAsync(Body(99, 6_000), cancellationToken: Stop);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(live.Path).Where(file => !file.EndsWith("RESERVE", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        string segment = Directory.GetFiles(folder, "*.seg").Single();
        byte[] bytes = await File.ReadAllBytesAsync(segment, Stop);
        bytes.AsSpan((int)whole + 4_000).Clear();
        await File.WriteAllBytesAsync(segment, bytes, Stop);
    }

    // Two segments in one, with jumps over positions and times, and a third with an index.
    private static async Task WriteCompactedAsync(string folder)
    {
        await using CommitLog log = await CommitLog.OpenAsync(folder, Options(0), Stop);
        for (int i = 0; i < 60; i++)
        {
            await log.AppendAsync(Body(i, i % 5 == 0 ? 100 : 3_900), cancellationToken: Stop);
        }

        await log.CompactAsync((in record) => record.Position.Value % 7 == 0 || record.Position.Value % 5 == 1, cancellationToken: Stop);
        for (int i = 0; i < 20; i++)
        {
            await log.AppendAsync(Body(i, 3_900), cancellationToken: Stop);
        }
    }

    private static byte[] Body(int seed, int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((seed * 31) + (i / 16)))];

    private static CommitLogOptions Options(int life) => new()
    {
        SegmentBytes = 96 * 1024,
        ReserveBytes = 0,
        IdleMarkDelay = Timeout.InfiniteTimeSpan,
        TimeProvider = new Ticking(new DateTimeOffset(2026, 1, 1 + life, 0, 0, 0, TimeSpan.Zero)),
    };

    // A millisecond on each look.
    private sealed class Ticking(DateTimeOffset start) : TimeProvider
    {
        private int _looks;

        public override DateTimeOffset GetUtcNow() => start.AddMilliseconds(Interlocked.Increment(ref _looks));
    }
}
