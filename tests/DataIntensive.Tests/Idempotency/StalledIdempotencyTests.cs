using DataIntensive.Storage;

namespace DataIntensive.Tests.Idempotency;

/// <summary>What callers see while a completion is not durable yet, and when it never will be.</summary>
public sealed class StalledIdempotencyTests : IAsyncLifetime
{
    private static readonly IdempotencyKey Key = IdempotencyKey.Create("test", "a");

    private readonly StallingStorage _storage = new();
    private Database _database = null!;
    private DatabaseIdempotencyProcessor _keys = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        CommitLog log = await CommitLog.OpenAsync(_storage, cancellationToken: Stop);
        _database = await Database.OpenAsync(log, new DatabaseSchema().AddIdempotency(), cancellationToken: Stop);
        _keys = _database.Idempotency();
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Execute_WhileACompletionIsNotDurable_WaitsForItInBothModes()
    {
        _storage.Stall();
        Task<IdempotentResult<int>> first = Task.Run(async () => await _keys.ExecuteInTransactionAsync(Key, _ => 1, cancellationToken: Stop));
        await _storage.Stalled.WaitAsync(Stop);

        bool ranAgain = false;
        Task<IdempotentResult<int>> inTransaction = _keys.ExecuteInTransactionAsync(Key, _ => Again(), cancellationToken: Stop).AsTask();
        first.IsCompleted.Should().BeFalse();
        inTransaction.IsCompleted.Should().BeFalse();
        Task<IdempotentResult<int>> external = _keys.ExecuteAsync(Key, _ => new ValueTask<int>(Again()), cancellationToken: Stop).AsTask();
        external.IsCompleted.Should().BeFalse();

        _storage.GoOn();
        (await first).Outcome.Should().Be(IdempotencyOutcome.Executed);
        (await inTransaction).Should().Be(new IdempotentResult<int>(1, IdempotencyOutcome.Replayed));
        (await external).Should().Be(new IdempotentResult<int>(1, IdempotencyOutcome.Replayed));
        ranAgain.Should().BeFalse();

        int Again()
        {
            ranAgain = true;
            return 2;
        }
    }

    [Fact]
    public async Task Execute_WhenTheClaimCannotBeWritten_RunsNothing()
    {
        int runs = 0;
        _storage.Fail();

        await _keys.Awaiting(keys => keys.ExecuteAsync(Key, _ => new ValueTask<int>(++runs), cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>();

        runs.Should().Be(0);
        _keys.RunningCount.Should().Be(0);
    }

    [Fact]
    public async Task Execute_WhenTheCompletionCannotBeWritten_SaysThatTheOutcomeIsUnknownAndRunsNoMore()
    {
        int runs = 0;

        await _keys.Awaiting(keys => keys.ExecuteAsync(Key, _ => RunAsync(), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<IdempotencyOutcomeUnknownException>().WithInnerException(typeof(LogPoisonedException));
        await _keys.Awaiting(keys => keys.ExecuteAsync(Key, _ => RunAsync(), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<LogPoisonedException>();

        runs.Should().Be(1);
        _keys.RunningCount.Should().Be(0);

        ValueTask<int> RunAsync()
        {
            _storage.Fail();
            return new ValueTask<int>(++runs);
        }
    }

    [Fact]
    public async Task Step_ThatCannotBeRecorded_SaysThatTheOutcomeIsUnknownAndReleasesNothing()
    {
        await _keys.Awaiting(keys => keys.ExecuteAsync(
            Key,
            async context => await context.StepAsync("charge", _ =>
            {
                _storage.Fail();
                return new ValueTask<int>(1);
            }),
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotencyOutcomeUnknownException>();

        _keys.OpenCount.Should().Be(1);
        _keys.RunningCount.Should().Be(0);
    }

    private sealed class StallingStorage : IStorage
    {
        private readonly MemoryStorage _below = new();
        private readonly ManualResetEventSlim _gate = new(initialState: true);
        private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _fails;

        public Task Stalled => _stalled.Task;

        public string Location => "stalling";

        public void Stall() => _gate.Reset();

        public void GoOn() => _gate.Set();

        public void Fail() => _fails = true;

        public IReadOnlyList<string> List() => _below.List();

        public IStorageFile Open(string name, StorageOpenMode mode) => new StallingFile(this, _below.Open(name, mode));

        public void Delete(string name) => _below.Delete(name);

        public void FlushNames() => _below.FlushNames();

        public IDisposable Lock() => _below.Lock();

        public void Dispose()
        {
            _below.Dispose();
            _gate.Dispose();
        }

        private void BeforeFlush()
        {
            if (!_gate.IsSet)
            {
                _stalled.TrySetResult();
                _gate.Wait(Stop);
            }

            if (_fails)
            {
                throw new IOException("The disk is gone.");
            }
        }

        private sealed class StallingFile(StallingStorage storage, IStorageFile below) : IStorageFile
        {
            public long Length => below.Length;

            public int Read(long offset, Span<byte> destination) => below.Read(offset, destination);

            public void Write(long offset, ReadOnlySpan<byte> source) => below.Write(offset, source);

            public void SetLength(long length) => below.SetLength(length);

            public void Flush()
            {
                storage.BeforeFlush();
                below.Flush();
            }

            public void Dispose() => below.Dispose();
        }
    }
}
