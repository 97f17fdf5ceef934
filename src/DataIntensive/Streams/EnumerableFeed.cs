namespace DataIntensive.Streams;

internal sealed class EnumerableFeed<T>(IEnumerable<T> source, Stage<T> first) : StreamFeed
{
    private readonly IEnumerator<T> _items = source.GetEnumerator();

    public override FeedStatus TryPush()
    {
        if (!_items.MoveNext())
        {
            return FeedStatus.Ended;
        }

        first.Push(_items.Current);
        return FeedStatus.Pushed;
    }

    public override ValueTask WaitAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        _items.Dispose();
        return ValueTask.CompletedTask;
    }
}
