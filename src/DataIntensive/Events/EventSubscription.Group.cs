namespace DataIntensive;

public sealed partial class EventSubscription
{
    private volatile GroupRun? _group;

    // What needs more than one handler at a time, or one that may be left behind. With one member all events are in one lane.
    private bool IsGroup => _options.Members > 1 || _asyncTransactionalHandler is not null || (_handler is not null && _options.HandlerTimeout != Timeout.InfiniteTimeSpan);

    private async Task RunGroupAsync(IAsyncEnumerable<SubscriptionStep> steps, bool follow, CancellationToken cancellationToken)
    {
        using GroupRun group = new(this, cancellationToken);
        _group = group;
        try
        {
            await group.RunAsync(steps, follow).ConfigureAwait(false);
        }
        finally
        {
            _group = null;
        }
    }

    private async ValueTask WhenMembersAreIdleAsync(CancellationToken cancellationToken)
    {
        if (_group is { } group)
        {
            await group.WhenIdleAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
