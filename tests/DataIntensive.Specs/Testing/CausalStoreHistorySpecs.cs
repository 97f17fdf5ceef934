using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>
/// Clients that move between replicas with the clocks they got, while the replicas exchange updates in any order: what they read is
/// causally convergent, when of concurrent values each takes the one of the highest rank.
/// </summary>
public sealed class CausalStoreHistorySpecs(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int OperationsEach = 150;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientsOfReplicas_SeeACausalHistory(bool logged)
    {
        List<Database> databases = [];
        ICausalStore<string, long>[] replicas = await OpenAsync(logged, databases);
        using CancellationTokenSource done = new();

        Task exchange = Task.WhenAll(replicas.Select((replica, i) => Task.Run(() => ExchangeAsync(replicas, i, done.Token))));
        CausalSession[] sessions = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(replicas, client))));
        await done.CancelAsync();
        await exchange;
        CausalHistory history = CausalHistory.Of(sessions);
        CausalCheckResult result = CausalChecker.Check(history);

        output.WriteLine($"{history.Sessions.Sum(session => session.Operations.Count)} operations, {Foreign(history)} reads of another's write; {result}");
        result.Consistency.Should().Be(CheckVerdict.Valid, result.ToString());
        result.Convergence.Should().Be(CheckVerdict.Valid, result.ToString());
        result.SessionViolations.Should().BeEmpty();
        Foreign(history).Should().BeGreaterThan(Clients, "clients see each other's writes");
        foreach (Database database in databases)
        {
            await database.DisposeAsync();
        }
    }

    // A client that does not hand on its clock, and moves to a replica that has received nothing.
    [Fact]
    public async Task AClientWithoutItsClock_LosesItsSession()
    {
        ICausalStore<string, long> first = CausalStore.InMemory<string, long>(new ReplicaId("one"));
        ICausalStore<string, long> second = CausalStore.InMemory<string, long>(new ReplicaId("two"));
        await first.WriteAsync("x", 1);
        CausalRead<long> read = await second.ReadAsync("x");

        CausalCheckResult result = CausalChecker.Check(CausalHistory.Of(new CausalSession("client", CausalOperation.Write("x", 1), CausalOperation.Read("x", read.Values.FirstOrDefault()))));

        result.Violations.Should().ContainSingle().Which.Pattern.Should().Be(CausalPattern.WriteCOInitRead);
        result.SessionViolations.Should().ContainSingle().Which.Guarantee.Should().Be(SessionGuarantee.ReadYourWrites);
    }

    private static async Task<ICausalStore<string, long>[]> OpenAsync(bool logged, List<Database> databases)
    {
        List<ICausalStore<string, long>> replicas = [];
        foreach (string name in new[] { "one", "two", "three" })
        {
            if (!logged)
            {
                replicas.Add(CausalStore.InMemory<string, long>(new ReplicaId(name)));
                continue;
            }

            DatabaseSchema schema = new DatabaseSchema().AddCausalStore<string, long>("values", new ReplicaId(name));
            Database database = await Database.OpenAsync(await CommitLog.OpenAsync(new FaultyStorage()), schema);
            databases.Add(database);
            replicas.Add(database.CausalStore<string, long>("values"));
        }

        return [.. replicas];
    }

    private static async Task<CausalSession> RunAsync(ICausalStore<string, long>[] replicas, int client)
    {
        Random random = new(client);
        VectorClock clock = VectorClock.Empty;
        List<CausalOperation> operations = [];
        for (int i = 0; i < OperationsEach; i++)
        {
            ICausalStore<string, long> replica = replicas[random.Next(replicas.Length)];
            string key = $"k{random.Next(4)}";
            if (random.Next(2) == 0)
            {
                CausalRead<long> read = await replica.ReadAsync(key, clock);
                clock = clock.Merge(read.Clock);
                operations.Add(CausalOperation.Read(key, read.Values.DefaultIfEmpty(CausalHistory.Initial).Max()));
            }
            else
            {
                // Higher than all that the write knows of, and nobody else's.
                long value = ((clock.Newest.Sum(dot => dot.Counter) + 1) * Clients) + client;
                operations.Add(CausalOperation.Write(key, value));
                clock = clock.Merge(await replica.WriteAsync(key, value, clock));
            }
        }

        return new CausalSession($"c{client}", operations);
    }

    private static async Task ExchangeAsync(ICausalStore<string, long>[] replicas, int own, CancellationToken done)
    {
        Random random = new(own);
        VectorClock seen = await replicas[own].ReceiveAsync([]);
        while (!done.IsCancellationRequested)
        {
            int other = (own + random.Next(1, replicas.Length)) % replicas.Length;
            CausalUpdate<string, long>[] updates = [.. await replicas[other].UpdatesAfterAsync(seen, limit: random.Next(1, 20))];
            random.Shuffle(updates);
            seen = await replicas[own].ReceiveAsync(updates);
            await Task.Yield();
        }
    }

    private static int Foreign(CausalHistory history) =>
        history.Sessions.Select((session, i) => session.Operations.Count(operation => !operation.IsWrite && operation.Value != 0 && operation.Value % Clients != i)).Sum();
}
