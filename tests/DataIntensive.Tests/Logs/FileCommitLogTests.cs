using DataIntensive.Logs;
using DataIntensive.Storage;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Logs;

public sealed class FileCommitLogTests : CommitLogContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override int OverTheLimit => 300_000;

    private CommitLogOptions Options => new() { SegmentBytes = 64 * 1024, MaxCommitBytes = 256 * 1024, MaxPendingBytes = 32 * 1024, TimeProvider = Clock };

    [Fact]
    public async Task Reopen_GivesEveryAcknowledgedRecordAndGoesOnBehindIt()
    {
        for (int i = 0; i < 50; i++)
        {
            await Log.AppendAsync(Batch($"{i}", new string('x', 3000)), cancellationToken: Stop);
        }

        List<string> before = await ReadAllAsync();
        await Log.DisposeAsync();

        await using CommitLog reopened = await CommitLog.OpenAsync(_directory.Path, Options, Stop);
        reopened.Recovery.WasClosed.Should().BeTrue();
        reopened.Recovery.TornBytes.Should().Be(0);
        reopened.Recovery.Segments.Should().BeGreaterThan(1);
        (await reopened.ReadAsync(follow: false, cancellationToken: Stop).Select(Describe).ToListAsync(Stop)).Should().Equal(before);
        (await reopened.AppendAsync(Batch("next"), cancellationToken: Stop)).Should().Be(new LogPosition(101));
    }

    [Fact]
    public async Task Reopen_AfterATrim_KnowsWhatIsGone()
    {
        for (int i = 1; i <= 60; i++)
        {
            await Log.AppendAsync(new byte[5_000], cancellationToken: Stop);
        }

        await Log.TrimAsync(new LogPosition(50), Stop);
        LogRange before = Log.Range;
        await Log.DisposeAsync();
        int segments = SegmentSizes().Count();

        await using CommitLog reopened = await CommitLog.OpenAsync(_directory.Path, Options, Stop);
        (reopened.Range.First, reopened.Range.End).Should().Be((before.First, before.End));
        SegmentSizes().Should().HaveCount(segments);
    }

    [Fact]
    public async Task ReadOnly_BesideAWriter_ReadsWhatIsThereAndChangesNothing()
    {
        await Log.AppendAsync(Batch("a"), cancellationToken: Stop);
        await Log.AppendAsync(Batch("b"), cancellationToken: Stop);
        CommitLogOptions readOnly = new() { OpenMode = LogOpenMode.ReadOnly };

        await using (CommitLog reader = await CommitLog.OpenAsync(_directory.Path, readOnly, Stop))
        {
            using LogReader records = reader.OpenReader(upTo: Durability.Os);
            records.TryRead(out LogRecord first).Should().BeTrue();
            Describe(first).Should().Be("1:a|");
            records.TryRead(out _).Should().BeTrue();
            records.TryRead(out _).Should().BeFalse();
            reader.Range.Durable.Value.Should().BeInRange(1, 2, "of the last frame nothing says yet that it was synced, unless the idle log has noted it");
            await reader.Awaiting(log => log.AppendAsync(Batch("c"), cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
            await Log.AppendAsync(Batch("c"), cancellationToken: Stop);
            reader.Range.End.Value.Should().Be(2);
        }

        await Log.AppendAsync(Batch("d"), cancellationToken: Stop);
        (await ReadAllAsync()).Should().HaveCount(4);
    }

    [Fact]
    public async Task ReadOnly_OfNothing_IsEmptyAndCreatesNothing()
    {
        string nothing = _directory.File("nothing");
        await using CommitLog log = await CommitLog.OpenAsync(nothing, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly }, Stop);

        log.Range.End.Should().Be(LogPosition.Start);
        Directory.Exists(nothing).Should().BeFalse();
    }

    [Fact]
    public async Task Recovery_TellsItsProgress()
    {
        for (int i = 0; i < 50; i++)
        {
            await Log.AppendAsync(new byte[5_000], cancellationToken: Stop);
        }

        await Log.DisposeAsync();
        List<LogRecoveryProgress> told = [];
        await using CommitLog reopened = await CommitLog.OpenAsync(_directory.Path, new CommitLogOptions { RecoveryProgress = new Collect(told) }, Stop);

        told.Should().HaveCount(reopened.Recovery.Segments);
        told[^1].BytesRead.Should().Be(told[^1].BytesTotal).And.Be(SegmentSizes().Sum());
    }

    [Fact]
    public async Task ManyCrashes_DoNotCostASegmentEach()
    {
        await Log.DisposeAsync();
        CommitLogOptions large = new() { SegmentBytes = 64 * 1024 * 1024 };
        string copy = _directory.File("copy");
        Directory.CreateDirectory(copy);
        for (int crash = 1; crash <= 10; crash++)
        {
            await using CommitLog log = await CommitLog.OpenAsync(copy, large, Stop);
            log.Range.End.Value.Should().Be(crash - 1);
            await log.AppendAsync(Batch("x"), cancellationToken: Stop);

            // What a kill would leave, copied while the log is open.
            string next = _directory.File($"copy-{crash}");
            Directory.CreateDirectory(next);
            foreach (string file in Directory.GetFiles(copy))
            {
                File.Copy(file, Path.Combine(next, Path.GetFileName(file)));
            }

            copy = next;
        }

        new DirectoryInfo(copy).GetFiles("*.seg").Sum(file => file.Length).Should().BeLessThan(1024 * 1024);
    }

    [Fact]
    public async Task Open_WhileAnotherHasTheFolder_IsRefusedAndNamesTheOwner()
    {
        StorageLockedException locked = (await FluentActions.Awaiting(() => CommitLog.OpenAsync(_directory.Path, Options, Stop))
            .Should().ThrowAsync<StorageLockedException>()).Which;
        locked.Owner.Should().Be($"process {Environment.ProcessId}");

        // Deleting the file that names the owner frees nothing.
        File.Delete(_directory.File("LOCK"));
        await FluentActions.Awaiting(() => CommitLog.OpenAsync(_directory.Path, Options, Stop)).Should().ThrowAsync<StorageLockedException>();

        await Log.DisposeAsync();
        await using CommitLog free = await CommitLog.OpenAsync(_directory.Path, Options, Stop);
    }

    [Fact]
    public async Task Open_ThenClose_WritesNothing()
    {
        await Log.AppendAsync(Batch("a"), cancellationToken: Stop);
        await Log.DisposeAsync();
        long[] sizes = [.. SegmentSizes()];

        await using (await CommitLog.OpenAsync(_directory.Path, Options, Stop))
        {
        }

        SegmentSizes().Should().Equal(sizes);
    }

    [Fact]
    public async Task Append_WithOsDurability_IsVisibleAtOnceAndDurableByTheNextFlush()
    {
        await Log.AppendAsync(Batch("os"), Durability.Os, Stop);
        Log.Range.Visible.Should().Be(new LogPosition(1));
        Log.Range.Durable.Should().Be(LogPosition.Start);
        using LogReader durable = Log.OpenReader();
        using LogReader visible = Log.OpenReader(upTo: Durability.Os);
        durable.TryRead(out _).Should().BeFalse();
        visible.TryRead(out _).Should().BeTrue();

        await Log.AppendAsync(Batch("disk"), Durability.Disk, Stop);

        Log.Range.Durable.Should().Be(new LogPosition(2));
        durable.TryRead(out _).Should().BeTrue();
    }

    [Fact]
    public async Task Append_WithOsDurability_IsFlushedAfterTheInterval()
    {
        await Log.DisposeAsync();
        await using CommitLog log = await CommitLog.OpenAsync(_directory.Path, new CommitLogOptions { FlushInterval = TimeSpan.FromMilliseconds(1) }, Stop);
        using LogReader durable = log.OpenReader();

        await log.AppendAsync(Batch("os"), Durability.Os, Stop);

        (await durable.WaitToReadAsync(Stop)).Should().BeTrue();
        log.Range.Durable.Should().Be(new LogPosition(1));
    }

    [Fact]
    public async Task Append_WithOsDurability_IsFlushedAfterTheIntervalThoughOthersFollow()
    {
        await Log.DisposeAsync();
        FakeTimeProvider clock = new();
        await using CommitLog log = await CommitLog.OpenAsync(_directory.Path, new CommitLogOptions { FlushInterval = TimeSpan.FromSeconds(1), TimeProvider = clock }, Stop);
        for (int i = 0; i < 20 && log.Range.Durable == LogPosition.Start; i++)
        {
            await log.AppendAsync(Batch("os"), Durability.Os, Stop);

            // The timer is set after the append is acknowledged.
            await Task.Delay(20, Stop);
            clock.Advance(TimeSpan.FromMilliseconds(600));
            await Task.Delay(20, Stop);
        }

        log.Range.Durable.Should().BeGreaterThan(LogPosition.Start);
    }

    [Fact]
    public async Task Append_WhenTheLineIsFull_WaitsAndThenGoesOn()
    {
        List<Task<LogPosition>> appends = [];
        for (int i = 0; i < 200; i++)
        {
            appends.Add(Log.AppendAsync(new byte[5_000], cancellationToken: Stop).AsTask());
        }

        await Task.WhenAll(appends);

        Log.Range.Durable.Should().Be(new LogPosition(200));
    }

    [Fact]
    public async Task Open_OfANewerFormat_IsRefusedNamingBothVersions()
    {
        await Log.AppendAsync(Batch("a"), cancellationToken: Stop);
        await Log.DisposeAsync();
        string segment = Directory.GetFiles(_directory.Path, "*.seg").Single();
        byte[] bytes = await File.ReadAllBytesAsync(segment, Stop);
        bytes[8] = 2;
        BitConverter.TryWriteBytes(bytes.AsSpan(120), DataIntensive.Internal.Crc32C.Compute(bytes.AsSpan(0, 120)));
        await File.WriteAllBytesAsync(segment, bytes, Stop);

        (await FluentActions.Awaiting(() => CommitLog.OpenAsync(_directory.Path, Options, Stop)).Should().ThrowAsync<LogFormatException>())
            .WithMessage("*format 2.0*format 1.0*");
    }

    protected override async ValueTask<ICommitLog> OpenAsync() => await CommitLog.OpenAsync(_directory.Path, Options);

    protected override async ValueTask CloseAsync()
    {
        await Log.DisposeAsync();
        _directory.Dispose();
    }

    private sealed class Collect(List<LogRecoveryProgress> told) : IProgress<LogRecoveryProgress>
    {
        public void Report(LogRecoveryProgress value) => told.Add(value);
    }

    private IEnumerable<long> SegmentSizes() => new FileStorage(_directory.Path).List().Where(name => name.EndsWith(".seg", StringComparison.Ordinal)).Select(name => new FileInfo(_directory.File(name)).Length);
}
