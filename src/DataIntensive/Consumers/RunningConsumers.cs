using System.Runtime.CompilerServices;

namespace DataIntensive.Consumers;

// The names of the consumers that are running, per owner of their checkpoints: two under one name would move one checkpoint. With each
// name those who wait for it, in turn.
internal sealed class RunningConsumers
{
    private static readonly ConditionalWeakTable<object, RunningConsumers> ByOwner = [];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = new(StringComparer.Ordinal);

    public static Lease Acquire(ICheckpointStore checkpoints, string name)
    {
        RunningConsumers running = Of(checkpoints);
        lock (running._gate)
        {
            return running._waiting.TryAdd(name, new Queue<TaskCompletionSource>())
                ? new Lease(running, name)
                : throw new InvalidOperationException($"A consumer named '{name}' is running already.");
        }
    }

    // Takes over when whoever runs under the name ends, however that comes about.
    public static async ValueTask<Lease> WaitAsync(ICheckpointStore checkpoints, string name, CancellationToken cancellationToken)
    {
        RunningConsumers running = Of(checkpoints);
        TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (running._gate)
        {
            if (running._waiting.TryAdd(name, new Queue<TaskCompletionSource>()))
            {
                return new Lease(running, name);
            }

            running._waiting[name].Enqueue(turn);
        }

        // Whoever ends hands over to one who has not been cancelled: which of the two came first is told by the task.
        await using (cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken)))
        {
            await turn.Task.ConfigureAwait(false);
        }

        return new Lease(running, name);
    }

    private static RunningConsumers Of(ICheckpointStore checkpoints) =>
        // A database gives out many objects for its one set of checkpoints.
        ByOwner.GetValue(checkpoints is DatabaseCheckpointStore durable ? durable.Database : checkpoints, static _ => new RunningConsumers());

    private void Release(string name)
    {
        lock (_gate)
        {
            while (_waiting[name].TryDequeue(out TaskCompletionSource? next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _waiting.Remove(name);
        }
    }

    public sealed class Lease(RunningConsumers running, string name) : IDisposable
    {
        public void Dispose() => running.Release(name);
    }
}
