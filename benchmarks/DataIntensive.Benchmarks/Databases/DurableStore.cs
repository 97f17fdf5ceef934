namespace DataIntensive.Benchmarks.Databases;

/// <summary>A store whose writes are fsynced before they return. Each one is filled with the same keys first, without that.</summary>
internal abstract class DurableStore(string name) : IAsyncDisposable
{
    public string Name => name;

    /// <summary>Whether its writers block their thread.</summary>
    public virtual bool Blocks => false;

    public abstract ValueTask OpenAsync(string folder, int keys, byte[] value);

    /// <summary>Writes one key after the other, in an order of its own.</summary>
    public abstract Func<ValueTask> NewWriter(Func<int> nextKey);

    /// <summary>Adds one to a counter under one key; null when it cannot do that in one step.</summary>
    public abstract Func<ValueTask>? NewHotWriter();

    public abstract ValueTask DisposeAsync();
}
