using Microsoft.Extensions.Caching.Memory;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>A cache with expiry; it may run the factory for several callers at once.</summary>
internal sealed class MemoryCacheContender() : TextKeyContender("MemoryCache.GetOrCreateAsync")
{
    private MemoryCache _cache = new(new MemoryCacheOptions());

    protected override void Prepare(int keys)
    {
        base.Prepare(keys);
        Forget();
    }

    protected override void Forget()
    {
        _cache.Dispose();
        _cache = new MemoryCache(new MemoryCacheOptions());
    }

    protected override int Execute(string key) =>
        _cache.GetOrCreateAsync(key, static entry =>
        {
            entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(24);
            return Task.FromResult(1000);
        }).GetAwaiter().GetResult();
}
