namespace DataIntensive.Events;

// Who waits for a subscription to come to a position.
internal sealed class SubscriptionWaiters
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();

    public Task WaitAsync(EventSubscription subscription, EventPosition position, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            // Looked at again in here: whoever releases does so after it has moved on.
            if (subscription.Status == SubscriptionStatus.Stopped)
            {
                throw Stopped(subscription);
            }

            if (subscription.Position >= position)
            {
                return Task.CompletedTask;
            }

            _waiting.Enqueue(waiter, position.Value);
        }

        return waiter.Task.WaitAsync(cancellationToken);
    }

    public void Release(EventPosition position)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out TaskCompletionSource? waiter, out long awaited) && awaited <= position.Value)
            {
                _waiting.Dequeue();
                waiter.TrySetResult();
            }
        }
    }

    public void Fail(EventSubscription subscription)
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out TaskCompletionSource? waiter, out _))
            {
                waiter.TrySetException(Stopped(subscription));
            }
        }
    }

    private static InvalidOperationException Stopped(EventSubscription subscription) =>
        new($"The subscription '{subscription.Name}' does not run.", subscription.Failure);
}
