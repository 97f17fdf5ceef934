using System.Diagnostics.Metrics;
using DataIntensive.Idempotency;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Idempotency;

/// <summary>How calls come out is counted, by the names and units that the documentation gives.</summary>
public sealed class IdempotencyMetricsTests : IDisposable
{
    private const string Calls = "dataintensive.idempotency.calls";
    private static readonly IdempotencyKey Key = IdempotencyKey.Create("test", "a");

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = [];
    private readonly Dictionary<string, string?> _units = [];
    private readonly HashSet<string> _measured = [];

    public IdempotencyMetricsTests()
    {
        IMeterFactory factory = Factory;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name.StartsWith("dataintensive.idempotency.", StringComparison.Ordinal) && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                _units[instrument.Name] = instrument.Unit;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string name = tags.Length == 0 ? instrument.Name : (string)tags[0].Value!;
            lock (_counts)
            {
                _counts[name] = _counts.GetValueOrDefault(name) + value;
            }
        });
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            lock (_counts)
            {
                value.Should().BeGreaterThanOrEqualTo(0);
                tags[0].Key.Should().Be("dataintensive.idempotency.operation");
                _measured.Add((string)tags[0].Value!);
            }
        });
        _listener.Start();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IMeterFactory Factory => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task Calls_AreCountedByHowTheyCameOut()
    {
        IdempotencyOptions options = new() { LeaseRenewal = LeaseRenewal.ByOperation };
        InMemoryIdempotencyProcessor keys = IdempotencyProcessor.InMemory(options, _time, Factory);
        IdempotencyRequest mine = new(Key, IdempotencyFingerprint.OfBytes("mine"u8));
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>> runner = keys.ExecuteAsync(mine, RunAsync, cancellationToken: Stop).AsTask();
        Task<IdempotentResult<int>> joined = keys.ExecuteAsync(mine, RunAsync, cancellationToken: Stop).AsTask();
        IdempotencyCall<int> reject = new() { Duplicates = DuplicatePolicy.Reject };
        await keys.Awaiting(one => one.ExecuteAsync(mine, RunAsync, reject, Stop).AsTask()).Should().ThrowAsync<IdempotencyInProgressException>();
        gate.SetResult();
        await Task.WhenAll(runner, joined);
        await keys.ExecuteAsync(mine, RunAsync, cancellationToken: Stop);
        IdempotencyRequest other = new(Key, IdempotencyFingerprint.OfBytes("other"u8));
        await keys.Awaiting(one => one.ExecuteAsync(other, RunAsync, cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotencyMismatchException>();
        await keys.Awaiting(one => one.ExecuteAsync<int>(IdempotencyKey.Create("failing"), _ => throw new InvalidDataException(), cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();
        await LoseALeaseAsync(keys, options);
        _time.Advance(options.Retention);
        await keys.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);

        _counts.Should().BeEquivalentTo(new Dictionary<string, long>
        {
            ["executed"] = 3,
            ["replayed"] = 1,
            ["joined"] = 1,
            ["rejected"] = 1,
            ["mismatched"] = 1,
            ["failed"] = 1,
            ["lease_lost"] = 1,
            ["dataintensive.idempotency.expired"] = 2,
        });
        _units.Should().BeEquivalentTo(new Dictionary<string, string?>
        {
            [Calls] = "{call}",
            ["dataintensive.idempotency.expired"] = "{key}",
            ["dataintensive.idempotency.store.duration"] = "s",
        });

        async ValueTask<int> RunAsync(IdempotencyContext context)
        {
            await gate.Task;
            return 1;
        }
    }

    [Fact]
    public async Task Database_CountsTransactionsAndUnknownOutcomesAndMeasuresItsStore()
    {
        DatabaseOptions options = new() { TimeProvider = _time, MeterFactory = Factory };
        await using Database database = Database.InMemory(new DatabaseSchema().AddIdempotency(new IdempotencyOptions()), options);
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        await keys.ExecuteInTransactionAsync(Key, _ => 1, cancellationToken: Stop);
        await keys.ExecuteInTransactionAsync(Key, _ => 1, cancellationToken: Stop);
        await database.ExecuteAsync(transaction => keys.In(transaction).Once(Key, () => 1), cancellationToken: Stop);
        await keys.ExecuteAsync(IdempotencyKey.Create("external"), async context => await context.StepAsync("one", _ => new ValueTask<int>(1)), cancellationToken: Stop);
        await keys.Awaiting(one => one.ExecuteAsync<int>(IdempotencyKey.Create("failing"), _ => throw new InvalidDataException(), cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();
        await keys.Awaiting(one => one.ExecuteAsync(
            IdempotencyKey.Create("closing"),
            _ =>
            {
                database.Dispose();
                return new ValueTask<int>(1);
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<IdempotencyOutcomeUnknownException>();

        _counts.Should().BeEquivalentTo(new Dictionary<string, long> { ["executed"] = 2, ["replayed"] = 2, ["failed"] = 1, ["unknown"] = 1 });
        _measured.Should().BeEquivalentTo("claim", "complete", "release", "step");
    }

    [Fact]
    public void Names_AreDocumented()
    {
        string page = File.ReadAllText(House.Repository.PathOf("src", "DataIntensive", "docs", "telemetry.md"));

        foreach (string word in (string[])[Calls, "dataintensive.idempotency.expired", "dataintensive.idempotency.store.duration", "executed", "replayed", "joined", "rejected", "mismatched", "failed", "lease_lost", "unknown", "claim", "complete", "release", "step"])
        {
            page.Should().Contain($"`{word}`");
        }
    }

    private async Task LoseALeaseAsync(InMemoryIdempotencyProcessor keys, IdempotencyOptions options)
    {
        IdempotencyKey key = IdempotencyKey.Create("slow");
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>> slow = keys.ExecuteAsync(
            key,
            async _ =>
            {
                await gate.Task;
                return 1;
            },
            cancellationToken: Stop).AsTask();
        _time.Advance(options.Lease);
        await keys.ExecuteAsync(key, _ => new ValueTask<int>(2), cancellationToken: Stop);
        gate.SetResult();
        await slow.Awaiting(task => task).Should().ThrowAsync<IdempotencyLeaseLostException>();
    }
}
