namespace DataIntensive.Streams;

// A source in a run: it pushes items into the first stage, one at a time, without waiting.
internal abstract class StreamFeed : IAsyncDisposable
{
    // The position of the newest record that was pushed or passed over.
    public LogPosition Position { get; protected set; }

    public abstract FeedStatus TryPush();

    // Called after TryPush said that the source waits: returns when it is worth another try.
    public abstract ValueTask WaitAsync();

    public abstract ValueTask DisposeAsync();
}

internal enum FeedStatus
{
    Pushed,
    Skipped,
    Waits,
    Ended,
}
