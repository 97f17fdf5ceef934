using DataIntensive.Testing;

namespace DataIntensive.Tests.Idempotency;

/// <summary>The contract that the testing kit ships, on every processor that the library ships; and that it can fail.</summary>
public sealed class IdempotencyContractTests
{
    public static TheoryData<string> Cases { get; } = [.. IdempotencyContract.Cases.Select(one => one.Name)];

    public static TheoryData<string> CasesWithoutCrash { get; } = [.. IdempotencyContract.Cases.Where(one => !one.NeedsCrash).Select(one => one.Name)];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(CasesWithoutCrash))]
    public Task StandaloneMemory(string name) => Named(name).RunAsync(new MemoryTarget(), cancellationToken: Stop);

    [Theory]
    [MemberData(nameof(CasesWithoutCrash))]
    public async Task DatabaseInMemory(string name)
    {
        await using MemoryDatabaseTarget target = new();
        await Named(name).RunAsync(target, cancellationToken: Stop);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task LoggedDatabase(string name)
    {
        await using LoggedDatabaseTarget target = new();
        await Named(name).RunAsync(target, cancellationToken: Stop);
    }

    [Fact]
    public async Task Run_OnWhatKeepsThePromises_SkipsOnlyCrashes()
    {
        IdempotencyContractReport report = await IdempotencyContract.RunAsync(new MemoryTarget(), cancellationToken: Stop);

        report.IsKept.Should().BeTrue(report.ToString());
        report.Results.Where(result => result.WasSkipped).Should().OnlyContain(result => result.Case.NeedsCrash);
        report.Results.Select(result => result.Case).Should().Equal(IdempotencyContract.Cases);
        await Named("An unknown outcome is told").Awaiting(one => one.RunAsync(new MemoryTarget(), cancellationToken: Stop)).Should().ThrowAsync<NotSupportedException>();
    }

    [Fact]
    public async Task Run_OnWhatAlwaysRuns_FindsIt()
    {
        IdempotencyContractReport report = await IdempotencyContract.RunAsync(new ForgetfulTarget(), TimeSpan.FromMilliseconds(300), Stop);

        report.IsKept.Should().BeFalse();
        report.Results[0].Failure.Should().BeOfType<IdempotencyContractException>();
        report.ToString().Should().StartWith("A key runs once and replays: BROKEN: The operation was run again.");
    }

    private static IdempotencyCase Named(string name) => IdempotencyContract.Cases.Single(one => one.Name == name);

    private sealed class MemoryTarget : IdempotencyTarget
    {
        public override ValueTask<IIdempotencyProcessor> OpenAsync(IdempotencyOptions options, TimeProvider clock, CancellationToken cancellationToken) =>
            new(IdempotencyProcessor.InMemory(options, clock));
    }

    private sealed class MemoryDatabaseTarget : IdempotencyTarget, IAsyncDisposable
    {
        private readonly List<Database> _opened = [];

        public override ValueTask<IIdempotencyProcessor> OpenAsync(IdempotencyOptions options, TimeProvider clock, CancellationToken cancellationToken)
        {
            _opened.Add(Database.InMemory(new DatabaseSchema().AddIdempotency(options), new DatabaseOptions { TimeProvider = clock }));
            return new ValueTask<IIdempotencyProcessor>(_opened[^1].Idempotency());
        }

        public async ValueTask DisposeAsync()
        {
            foreach (Database database in _opened)
            {
                await database.DisposeAsync();
            }
        }
    }

    /// <summary>What is not durable is lost in a crash; what was opened before goes on writing into files that nobody reads again.</summary>
    private sealed class LoggedDatabaseTarget : IdempotencyTarget, IAsyncDisposable
    {
        private readonly List<Database> _opened = [];
        private FaultyStorage _storage = new();
        private IdempotencyOptions _options = new();
        private TimeProvider _clock = TimeProvider.System;

        public override bool SurvivesCrashes => true;

        public override async ValueTask<IIdempotencyProcessor> OpenAsync(IdempotencyOptions options, TimeProvider clock, CancellationToken cancellationToken)
        {
            _storage = new FaultyStorage(new FaultyStorageOptions { Seed = 7 });
            _options = options;
            _clock = clock;
            return await OpenAsync(cancellationToken);
        }

        public override async ValueTask<IIdempotencyProcessor> ReopenAfterCrashAsync(CancellationToken cancellationToken)
        {
            _storage = _storage.AfterCrash(CrashKind.PowerCut);
            return await OpenAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (Database database in _opened)
            {
                await database.DisposeAsync();
            }
        }

        private async ValueTask<IIdempotencyProcessor> OpenAsync(CancellationToken cancellationToken)
        {
            CommitLog log = await CommitLog.OpenAsync(_storage, new CommitLogOptions { TimeProvider = _clock }, cancellationToken);
            _opened.Add(await Database.OpenAsync(log, new DatabaseSchema().AddIdempotency(_options), new DatabaseOptions { TimeProvider = _clock }, cancellationToken));
            return _opened[^1].Idempotency();
        }
    }

    private sealed class ForgetfulTarget : IdempotencyTarget
    {
        public override ValueTask<IIdempotencyProcessor> OpenAsync(IdempotencyOptions options, TimeProvider clock, CancellationToken cancellationToken) =>
            new(new ForgetfulProcessor());
    }

    private sealed class ForgetfulProcessor : IIdempotencyProcessor
    {
        public async ValueTask<IdempotentResult<T>> ExecuteAsync<T>(IdempotencyKey key, Func<CancellationToken, ValueTask<T>> operation, ICodec<T>? codec, CancellationToken cancellationToken) =>
            new(await operation(cancellationToken), IdempotencyOutcome.Executed);

        public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(IdempotencyRequest request, Func<IdempotencyContext, ValueTask<T>> operation, IdempotencyCall<T>? call, CancellationToken cancellationToken) =>
            ExecuteAsync(request.Key, _ => operation(null!), call?.Codec, cancellationToken);
    }
}
