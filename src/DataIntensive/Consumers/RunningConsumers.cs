using System.Runtime.CompilerServices;

namespace DataIntensive.Consumers;

// The names of the consumers that are running, per owner of their checkpoints: two under one name would move one checkpoint.
internal static class RunningConsumers
{
    private static readonly ConditionalWeakTable<object, HashSet<string>> Names = [];

    public static Lease Acquire(ICheckpointStore checkpoints, string name)
    {
        // A database gives out many objects for its one set of checkpoints.
        object owner = checkpoints is DatabaseCheckpointStore durable ? durable.Database : checkpoints;
        HashSet<string> running = Names.GetValue(owner, static _ => new HashSet<string>(StringComparer.Ordinal));
        lock (running)
        {
            return running.Add(name)
                ? new Lease(running, name)
                : throw new InvalidOperationException($"A consumer named '{name}' is running already.");
        }
    }

    public sealed class Lease(HashSet<string> running, string name) : IDisposable
    {
        public void Dispose()
        {
            lock (running)
            {
                running.Remove(name);
            }
        }
    }
}
