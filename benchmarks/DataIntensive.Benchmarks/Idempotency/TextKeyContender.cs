using System.Globalization;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>One that goes by a text, which is the operation, the tenant and the client's key with separators in between.</summary>
internal abstract class TextKeyContender(string name) : MemoryContender(name)
{
    private string[] _clientKeys = [];

    protected string[] Keys { get; private set; } = [];

    protected override void Prepare(int keys)
    {
        if (Keys.Length != keys)
        {
            _clientKeys = [.. Enumerable.Range(0, keys).Select(key => key.ToString("x16", CultureInfo.InvariantCulture))];
            Keys = [.. _clientKeys.Select(Built)];
        }
    }

    protected abstract int Execute(string key);

    protected override int FirstRun(int key) => Execute(Keys[key]);

    protected override void Replay(ReadOnlySpan<int> order)
    {
        foreach (int key in order)
        {
            Execute(Keys[key]);
        }
    }

    protected override void ReplayBuilt(ReadOnlySpan<int> order)
    {
        foreach (int key in order)
        {
            Execute(Built(_clientKeys[key]));
        }
    }

    private static string Built(string clientKey) => string.Concat("orders.place|", "tenant-1|", clientKey);
}
