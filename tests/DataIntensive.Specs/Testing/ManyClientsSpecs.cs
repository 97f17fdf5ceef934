using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>Fifty clients at once on ten keys, five of them on each key at any time: what a naive search does not end.</summary>
public sealed class ManyClientsSpecs(ITestOutputHelper output)
{
    private const int Clients = 50;
    private const int OperationsPerClient = 100;
    private const int Keys = 10;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void GoodHistory_IsLinearizableWithoutMuchSearching(int seed)
    {
        LinearizabilityResult result = Check(Simulate(seed, cutsRead: 0));

        result.Verdict.Should().Be(CheckVerdict.Valid);
        result.Configurations.Should().BeLessThan(100L * Clients * OperationsPerClient);
        result.PeakBytes.Should().BeLessThan(64 * 1024 * 1024);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void HistoryWithOneLostAppend_IsNotLinearizable(int seed)
    {
        LinearizabilityResult result = Check(Simulate(seed, cutsRead: 1_500));

        result.Verdict.Should().Be(CheckVerdict.Invalid);
        result.Violation!.LongestOrder.Should().NotBeEmpty();
    }

    private LinearizabilityResult Check(History history)
    {
        LinearizabilityResult result = LinearizabilityChecker.Check(history, new KeyValueModel(""), cancellationToken: TestContext.Current.CancellationToken);
        output.WriteLine($"{history}: {result.Configurations} configurations, {result.PeakBytes} bytes, {result.Elapsed.TotalMilliseconds:F0} ms, {result.Violation?.Operations.Count} offending");
        return result;
    }

    // Each client calls, takes effect and returns at random moments; the effects make one order, so all is well but for the read that is cut.
    private static History Simulate(int seed, int cutsRead)
    {
        Random random = new(seed);
        Dictionary<string, string> values = [];
        HistoryBuilder builder = new();
        PriorityQueue<Action<double>, double> moments = new();
        long stamp = 0;
        int reads = 0;
        for (int client = 0; client < Clients; client++)
        {
            Begin(client, 0, random.NextDouble());
        }

        while (moments.TryDequeue(out Action<double>? happen, out double at))
        {
            happen(at);
        }

        return builder.Build();

        void Begin(int client, int number, double when) => moments.Enqueue(
            now =>
            {
                (string key, string piece) = ($"{random.Next(Keys)}", $"x {client} {number} y");
                string function = random.Next(100) switch { < 4 => KeyValueModel.Put, < 52 => KeyValueModel.Append, _ => KeyValueModel.Get };
                double length = -Math.Log(1 - random.NextDouble());
                string seen = "";
                builder.Call(++stamp, client, function, key, function == KeyValueModel.Get ? default : (HistoryValue)piece);
                moments.Enqueue(
                    _ =>
                    {
                        seen = values.GetValueOrDefault(key, "");
                        values[key] = function switch { KeyValueModel.Put => piece, KeyValueModel.Append => seen + piece, _ => seen };
                    },
                    now + (length * random.NextDouble()));
                moments.Enqueue(
                    then =>
                    {
                        builder.Return(++stamp, client, function == KeyValueModel.Get ? Cut(seen) : default);
                        if (number + 1 < OperationsPerClient)
                        {
                            Begin(client, number + 1, then + (random.NextDouble() / 5));
                        }
                    },
                    now + length);
            },
            when);

        // The first piece but one is missing, as when an append is lost.
        HistoryValue Cut(string seen)
        {
            string[] pieces = seen.Split('y');
            return ++reads >= cutsRead && cutsRead > 0 && pieces.Length > 6 && (cutsRead = 0) == 0 ? string.Join('y', [pieces[0], .. pieces[2..]]) : seen;
        }
    }
}
