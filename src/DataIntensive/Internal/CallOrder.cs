namespace DataIntensive.Internal;

// Keeps calls that must wait for room in the order in which they were made: a caller that does not await each call before the next
// relies on it. Whoever finds others waiting lines up behind them, however much room there is by then.
internal sealed class CallOrder
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private int _waiting;

    public bool IsFree => Waiting == 0;

    public int Waiting => Volatile.Read(ref _waiting);

    // Taken before the call first waits; its turn comes when all who lined up before are done.
    public Place LineUp()
    {
        lock (_gate)
        {
            _waiting++;
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Place place = new(this, _last, done);
            _last = done.Task;
            return place;
        }
    }

    public sealed class Place(CallOrder order, Task turn, TaskCompletionSource done) : IDisposable
    {
        public Task Turn => turn;

        public void Dispose()
        {
            Interlocked.Decrement(ref order._waiting);
            if (turn.IsCompleted)
            {
                done.TrySetResult();
                return;
            }

            // It left the line before its turn came: who stands behind it still waits for who stands before it.
            turn.ContinueWith(static (_, done) => ((TaskCompletionSource)done!).TrySetResult(), done, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
