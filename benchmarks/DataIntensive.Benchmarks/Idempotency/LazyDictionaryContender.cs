using System.Collections.Concurrent;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>What one writes by hand: no expiry, no bound, and a failure stays for ever.</summary>
internal sealed class LazyDictionaryContender() : TextKeyContender("ConcurrentDictionary of Lazy<Task<T>>")
{
    private ConcurrentDictionary<string, Lazy<Task<int>>> _dictionary = new();

    protected override void Prepare(int keys)
    {
        base.Prepare(keys);
        _dictionary = new ConcurrentDictionary<string, Lazy<Task<int>>>();
    }

    protected override void Forget() => _dictionary = new ConcurrentDictionary<string, Lazy<Task<int>>>();

    protected override int Execute(string key) =>
        _dictionary.GetOrAdd(key, static _ => new Lazy<Task<int>>(static () => Task.FromResult(1000))).Value.GetAwaiter().GetResult();
}
