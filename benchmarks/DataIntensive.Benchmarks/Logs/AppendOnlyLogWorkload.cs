using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using DataIntensive.Logs;

namespace DataIntensive.Benchmarks.Logs;

/// <summary>
/// Durable appends of records of 100 bytes: a bare loop of writes and flushes against <see cref="CommitLog"/>, which also makes frames,
/// positions and recovery. Times and bytes are per record. Files are made in the temporary folder: TMPDIR chooses the disk.
/// </summary>
/// <remarks>
/// Single: one writer, each record flushed before the next. Group16 and Group64: so many writers, each waits for its own record before
/// the next. Bulk: many records and one flush at the end; in the log one commit, or many commits in flight together.
/// </remarks>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public abstract class AppendOnlyLogWorkload
{
    private const int SingleRecords = 64;
    private const int GroupRecords = 1024;
    private const int BulkRecords = 10_000;

    private readonly byte[] _body = [.. Enumerable.Range(0, 100).Select(index => (byte)index)];
    private readonly LogBatch _bulk = new();
    private readonly ValueTask<LogPosition>[] _inFlight = new ValueTask<LogPosition>[BulkRecords];
    private string _folder = "";
    private BareFile _bare = null!;
    private BareGroupCommit _bareGroup = null!;
    private CommitLog _log = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = Directory.CreateTempSubdirectory("dataintensive-benchmark-").FullName;
        _bare = new BareFile(Path.Combine(_folder, "bare"));
        _bareGroup = new BareGroupCommit(Path.Combine(_folder, "group"));
        _log = await CommitLog.OpenAsync(Path.Combine(_folder, "log"));
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _log.DisposeAsync();
        _bare.Dispose();
        _bareGroup.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = SingleRecords)]
    [BenchmarkCategory("Single")]
    public void SingleBare()
    {
        for (int record = 0; record < SingleRecords; record++)
        {
            _bare.Append(_body);
            _bare.Flush();
        }
    }

    [Benchmark(OperationsPerInvoke = SingleRecords)]
    [BenchmarkCategory("Single")]
    public async Task SingleOurs()
    {
        LogBatch batch = new();
        for (int record = 0; record < SingleRecords; record++)
        {
            batch.Clear();
            batch.Add(0, _body);
            await _log.AppendAsync(batch);
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = GroupRecords)]
    [BenchmarkCategory("Group16")]
    public Task Group16Bare() => BareGroupAsync(16);

    [Benchmark(OperationsPerInvoke = GroupRecords)]
    [BenchmarkCategory("Group16")]
    public Task Group16Ours() => OurGroupAsync(16);

    [Benchmark(Baseline = true, OperationsPerInvoke = GroupRecords)]
    [BenchmarkCategory("Group64")]
    public Task Group64Bare() => BareGroupAsync(64);

    [Benchmark(OperationsPerInvoke = GroupRecords)]
    [BenchmarkCategory("Group64")]
    public Task Group64Ours() => OurGroupAsync(64);

    [Benchmark(Baseline = true, OperationsPerInvoke = BulkRecords)]
    [BenchmarkCategory("Bulk")]
    public void BulkBare()
    {
        for (int record = 0; record < BulkRecords; record++)
        {
            _bare.Append(_body);
        }

        _bare.Flush();
    }

    [Benchmark(OperationsPerInvoke = BulkRecords)]
    [BenchmarkCategory("Bulk")]
    public async Task BulkOneCommitOurs()
    {
        _bulk.Clear();
        for (int record = 0; record < BulkRecords; record++)
        {
            _bulk.Add(0, _body);
        }

        await _log.AppendAsync(_bulk);
    }

    // The log may hand the earlier commits to the operating system only: the last one, on disk, takes them all along.
    [Benchmark(OperationsPerInvoke = BulkRecords)]
    [BenchmarkCategory("Bulk")]
    public async Task BulkManyCommitsOurs()
    {
        for (int record = 0; record < BulkRecords; record++)
        {
            _bulk.Clear();
            _bulk.Add(0, _body);
            _inFlight[record] = _log.AppendAsync(_bulk, record == BulkRecords - 1 ? Durability.Disk : Durability.Os);
        }

        foreach (ValueTask<LogPosition> append in _inFlight)
        {
            await append;
        }
    }

    private Task BareGroupAsync(int writers) => Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
    {
        for (int record = 0; record < GroupRecords / writers; record++)
        {
            await _bareGroup.AppendAsync(_body);
        }
    })));

    private Task OurGroupAsync(int writers) => Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
    {
        LogBatch batch = new();
        for (int record = 0; record < GroupRecords / writers; record++)
        {
            batch.Clear();
            batch.Add(0, _body);
            await _log.AppendAsync(batch);
        }
    })));
}
