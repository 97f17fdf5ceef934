using System.Globalization;
using System.Text;
using DataIntensive.Idempotency;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>The standalone processor, with its expiry and its bound.</summary>
internal sealed class OurMemoryContender() : MemoryContender("ours")
{
    private static readonly Func<CancellationToken, ValueTask<int>> Operation = static _ => new ValueTask<int>(1000);
    private static readonly Func<IdempotencyContext, ValueTask<int>> OperationInContext = static _ => new ValueTask<int>(1000);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"to":"alice","amount":10.50,"currency":"EUR"}""");
    private static readonly IdempotencyFingerprint Fingerprint = IdempotencyFingerprint.OfJson(Body);

    private IdempotencyKey[] _keys = [];
    private string[] _clientKeys = [];
    private InMemoryIdempotencyProcessor _processor = IdempotencyProcessor.InMemory();

    protected override void Prepare(int keys)
    {
        if (_keys.Length != keys)
        {
            _clientKeys = [.. Enumerable.Range(0, keys).Select(key => key.ToString("x16", CultureInfo.InvariantCulture))];
            _keys = [.. _clientKeys.Select(key => IdempotencyKey.Create("orders.place", "tenant-1", key))];
        }

        _processor = IdempotencyProcessor.InMemory(new IdempotencyOptions { MaxKeys = Math.Max(keys, 1_000_000) });
    }

    protected override void Forget() => _processor = IdempotencyProcessor.InMemory();

    protected override int FirstRun(int key) =>
        _processor.ExecuteAsync(new IdempotencyRequest(_keys[key], Fingerprint), OperationInContext).Result.Value;

    protected override void Replay(ReadOnlySpan<int> order)
    {
        InMemoryIdempotencyProcessor processor = _processor;
        foreach (int key in order)
        {
            _ = processor.ExecuteAsync(_keys[key], Operation).Result.Value;
        }
    }

    protected override void ReplayChecked(ReadOnlySpan<int> order)
    {
        InMemoryIdempotencyProcessor processor = _processor;
        foreach (int key in order)
        {
            _ = processor.ExecuteAsync(new IdempotencyRequest(_keys[key], Fingerprint), OperationInContext).Result.Value;
        }
    }

    protected override void ReplayBuilt(ReadOnlySpan<int> order)
    {
        InMemoryIdempotencyProcessor processor = _processor;
        foreach (int key in order)
        {
            IdempotencyKey built = IdempotencyKey.Create("orders.place", "tenant-1", _clientKeys[key]);
            _ = processor.ExecuteAsync(new IdempotencyRequest(built, IdempotencyFingerprint.OfJson(Body)), OperationInContext).Result.Value;
        }
    }
}
