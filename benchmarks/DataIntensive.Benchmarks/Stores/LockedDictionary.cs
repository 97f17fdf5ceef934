namespace DataIntensive.Benchmarks.Stores;

/// <summary>The plain answer: a dictionary and one lock, for reads too.</summary>
public sealed class LockedDictionary<TKey, TValue>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, TValue> _data = [];

    public void Write(TKey key, TValue value)
    {
        lock (_lock)
        {
            _data[key] = value;
        }
    }

    public TValue? Read(TKey key)
    {
        lock (_lock)
        {
            return _data.GetValueOrDefault(key);
        }
    }

    public bool CompareAndSet(TKey key, TValue expected, TValue value)
    {
        lock (_lock)
        {
            if (!_data.TryGetValue(key, out TValue? current) || !EqualityComparer<TValue>.Default.Equals(current, expected))
            {
                return false;
            }

            _data[key] = value;
            return true;
        }
    }
}
