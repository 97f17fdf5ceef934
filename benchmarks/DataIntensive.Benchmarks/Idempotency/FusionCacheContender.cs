using ZiggyCreatures.Caching.Fusion;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>A cache that runs its factory once for all callers of the process.</summary>
internal sealed class FusionCacheContender() : TextKeyContender("FusionCache")
{
    private static readonly FusionCacheEntryOptions Options = new(TimeSpan.FromHours(24));

    private FusionCache _cache = new(new FusionCacheOptions());

    protected override void Prepare(int keys)
    {
        base.Prepare(keys);
        Forget();
    }

    protected override void Forget()
    {
        _cache.Dispose();
        _cache = new FusionCache(new FusionCacheOptions());
    }

    protected override int Execute(string key)
    {
        ValueTask<int> value = _cache.GetOrSetAsync<int>(key, static (_, _) => Task.FromResult(1000), Options);
        return value.IsCompletedSuccessfully ? value.Result : value.AsTask().GetAwaiter().GetResult();
    }
}
