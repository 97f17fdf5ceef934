using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>
/// Sessions, each on a replica of its own that takes the writes of the others late, in causal order, and of two concurrent writes
/// shows the greater value: causally convergent by construction.
/// </summary>
internal static class ReplicaSimulator
{
    public static CausalHistory Run(int seed, int replicas, int operations, int keys)
    {
        Random random = new(seed);
        List<(string Key, long Value)> log = [];
        int[] taken = new int[replicas];
        Dictionary<string, long>[] states = [.. Enumerable.Range(0, replicas).Select(_ => new Dictionary<string, long>())];
        List<CausalOperation>[] sessions = [.. Enumerable.Range(0, replicas).Select(_ => new List<CausalOperation>())];
        long clock = 0;
        for (int i = 0; i < operations; i++)
        {
            int replica = random.Next(replicas);
            for (int late = random.Next(30); late > 0 && taken[replica] < log.Count; late--)
            {
                (string key, long value) = log[taken[replica]++];
                states[replica][key] = Math.Max(states[replica].GetValueOrDefault(key), value);
            }

            string name = $"k{random.Next(keys)}";
            if (random.Next(2) == 0)
            {
                // The log is one line, so whoever took a part of it took all causes of that part.
                states[replica][name] = ++clock;
                log.Add((name, clock));
                sessions[replica].Add(CausalOperation.Write(name, clock));
            }
            else
            {
                sessions[replica].Add(CausalOperation.Read(name, states[replica].GetValueOrDefault(name)));
            }
        }

        return CausalHistory.Of(sessions.Select((session, i) => new CausalSession($"r{i}", session)));
    }
}
