namespace DataIntensive.Tests.Causal;

/// <summary>
/// Replicas under random steps, and beside them all writes ever made: what a replica must show follows from these and from its clock
/// alone, whatever came in which order.
/// </summary>
internal sealed class CausalRun(ICausalStore<string, int>[] replicas, CancellationToken stop)
{
    private static readonly string[] Keys = ["x", "y", "z"];

    private readonly List<CausalUpdate<string, int>> _all = [];
    private readonly VectorClock[] _clients = new VectorClock[3];

    internal sealed record Step(int Kind, int Replica, int Key, int Client, int Choice);

    public async Task DoAsync(Step step)
    {
        ICausalStore<string, int> replica = replicas[step.Replica];
        string key = Keys[step.Key];
        switch (step.Kind)
        {
            case 0:
                await WriteAsync(replica, key, null, step.Choice % 4 == 0);
                break;
            case 1:
                await WriteAsync(replica, key, VectorClock.Empty, step.Choice % 4 == 0);
                break;
            case 2:
                // A client with what it has seen, wherever that is there already: elsewhere it would have to wait.
                if ((await replica.ReceiveAsync([], stop)).Dominates(_clients[step.Client]))
                {
                    _clients[step.Client] = await WriteAsync(replica, key, _clients[step.Client], step.Choice % 4 == 0);
                }

                break;
            case 3:
                CausalRead<int> read = await replica.ReadAsync(key, cancellationToken: stop);
                _clients[step.Client] = step.Choice % 2 == 0 ? read.Clock : _clients[step.Client].Merge(read.Context);
                break;
            default:
                await replica.ReceiveAsync(await ShakenAsync(step), stop);
                break;
        }
    }

    public async Task CheckAsync()
    {
        foreach (ICausalStore<string, int> replica in replicas)
        {
            foreach (string key in Keys)
            {
                CausalRead<int> read = await replica.ReadAsync(key, cancellationToken: stop);
                List<CausalUpdate<string, int>> seen = [.. _all.Where(update => read.Clock.Contains(update.Dot))];
                seen.Where(update => !read.Clock.Dominates(update.Dependencies)).Should().BeEmpty("no effect is there before its cause");
                read.Clock.Newest.Sum(dot => dot.Counter).Should().Be(seen.Count, "a clock names no write that was not made");

                List<CausalUpdate<string, int>> ofKey = [.. seen.Where(update => update.Key == key)];
                CausalUpdate<string, int>[] expected =
                [
                    .. ofKey.Where(update => !update.IsDelete && !ofKey.Any(other => other.Dependencies.Contains(update.Dot))).OrderBy(update => update.Dot),
                ];
                read.Dots.Should().Equal(expected.Select(update => update.Dot));
                read.Values.Should().Equal(expected.Select(update => update.Value));
            }
        }
    }

    public async Task ConvergeAsync()
    {
        await CausalReplication.ExchangeAsync(replicas[0], replicas[1], stop);
        await CausalReplication.ExchangeAsync(replicas[1], replicas[2], stop);
        await CausalReplication.ExchangeAsync(replicas[2], replicas[0], stop);
        await CheckAsync();
        foreach (ICausalStore<string, int> replica in replicas)
        {
            (await replica.ReceiveAsync([], stop)).Newest.Sum(dot => dot.Counter).Should().Be(_all.Count);
        }
    }

    private async Task<VectorClock> WriteAsync(ICausalStore<string, int> replica, string key, VectorClock? dependencies, bool isDelete)
    {
        VectorClock before = await replica.ReceiveAsync([], stop);
        VectorClock written = isDelete
            ? await replica.DeleteAsync(key, dependencies, stop)
            : await replica.WriteAsync(key, _all.Count + 1, dependencies, stop);
        CausalUpdate<string, int> update = (await replica.UpdatesAfterAsync(before, cancellationToken: stop)).Single();
        update.Dot.Should().Be(new Dot(replica.Replica, before[replica.Replica] + 1), "no identity is given twice");
        update.Dependencies.Should().Be(dependencies ?? before);
        written.Should().Be(VectorClock.Parse(update.Dependencies.ToString()).Merge(VectorClock.Parse(update.Dot.ToString())));
        _all.Add(update);
        return written;
    }

    // Some of what another replica has, in disorder and partly twice.
    private async Task<IReadOnlyList<CausalUpdate<string, int>>> ShakenAsync(Step step)
    {
        ICausalStore<string, int> from = replicas[(step.Replica + 1 + (step.Client % 2)) % 3];
        IReadOnlyList<CausalUpdate<string, int>> updates = await from.UpdatesAfterAsync(default, cancellationToken: stop);
        uint state = (uint)step.Choice;
        List<(uint Rank, CausalUpdate<string, int> Update)> shaken = [];
        foreach (CausalUpdate<string, int> update in updates)
        {
            for (uint copies = Next() % 3; copies > 0; copies--)
            {
                shaken.Add((Next(), update));
            }
        }

        return [.. shaken.OrderBy(entry => entry.Rank).Select(entry => entry.Update)];

        uint Next()
        {
            state = unchecked((state * 1664525) + 1013904223);
            return state >> 8;
        }
    }
}
