namespace DataIntensive;

/// <summary>A run that was begun and of whose end nothing is known.</summary>
public sealed class UnknownOutcome
{
    internal UnknownOutcome(IdempotencyKey key, long fencingToken, DateTimeOffset begunAt, IReadOnlyList<string> steps)
    {
        Key = key;
        FencingToken = fencingToken;
        BegunAt = begunAt;
        Steps = steps;
    }

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; }

    /// <summary>The token of that run.</summary>
    public long FencingToken { get; }

    /// <summary>When the key was claimed, by the clock of the database.</summary>
    public DateTimeOffset BegunAt { get; }

    /// <summary>The steps that were recorded, in their order: those have happened. The one behind them may have.</summary>
    public IReadOnlyList<string> Steps { get; }
}
