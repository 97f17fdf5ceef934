using System.Diagnostics;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>The checker agrees with the definitions, on thousands of tiny histories, and takes big ones.</summary>
public sealed class CausalCheckerSpecs(ITestOutputHelper output)
{
    private static int Histories => SpecRun.IsLong ? 50_000 : 3_000;

    [Fact]
    public void Histories_AreJudgedAsByTryingAllOrders()
    {
        const int FirstSeed = 1;
        Dictionary<string, int> counts = [];
        for (int seed = FirstSeed; seed < FirstSeed + Histories; seed++)
        {
            CausalHistory history = TinyCausalHistories.Of(seed);
            CausalOrderSearch search = new(history);
            CausalCheckResult result = CausalChecker.Check(history);
            (bool, bool, bool) found = (result.Consistency == CheckVerdict.Valid, result.Convergence == CheckVerdict.Valid, result.Memory == CheckVerdict.Valid);
            if (found != (search.Consistency, search.Convergence, search.Memory))
            {
                Assert.Fail($"seed {seed}: by search CC {search.Consistency}, CCv {search.Convergence}, CM {search.Memory}\n{history}\n{result}");
            }

            if (result.SessionViolations.Count > 0 && search.Consistency)
            {
                Assert.Fail($"seed {seed}: a session guarantee is broken, and the history is consistent\n{history}\n{result}");
            }

            string holds = $"CC {search.Consistency}, CCv {search.Convergence}, CM {search.Memory}";
            counts[holds] = counts.GetValueOrDefault(holds) + 1;
        }

        output.WriteLine($"seeds {FirstSeed} to {FirstSeed + Histories - 1}");
        foreach ((string holds, int count) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{holds}: {count}");
        }

        counts.Should().ContainKeys("CC False, CCv False, CM False", "CC True, CCv False, CM False", "CC True, CCv False, CM True", "CC True, CCv True, CM True");
        counts["CC False, CCv False, CM False"].Should().BeGreaterThan(Histories / 20);
        counts["CC True, CCv True, CM True"].Should().BeGreaterThan(Histories / 20);
    }

    // Those by hand, and what the random ones are too short for: convergent and no causal memory.
    [Theory]
    [InlineData("w(z1)w(x1)w(y1) ∥ w(x2)r(z0)r(y1)r(x2)", true, true, false)]
    [InlineData("w(z1)w(x1)w(y1) ∥ w(x2)r(z1)r(y1)r(x2)", true, true, true)]
    [InlineData("w(x1)r(x2) ∥ w(x2)r(x1)", true, false, true)]
    [InlineData("w(x1) ∥ w(x2) ∥ r(x1)r(x2)r(x1)", true, false, false)]
    [InlineData("w(x1)w(x2)w(y1) ∥ r(y1)r(x1)", false, false, false)]
    public void Cases_AreJudgedAsByTryingAllOrders(string text, bool consistency, bool convergence, bool memory)
    {
        CausalHistory history = CausalHistory.Parse(text);
        CausalOrderSearch search = new(history);
        CausalCheckResult result = CausalChecker.Check(history);

        (search.Consistency, search.Convergence, search.Memory).Should().Be((consistency, convergence, memory));
        (result.Consistency == CheckVerdict.Valid, result.Convergence == CheckVerdict.Valid, result.Memory == CheckVerdict.Valid).Should().Be((consistency, convergence, memory));
    }

    // Sessions on replicas that take each other's writes late, and order concurrent ones by value.
    [Fact]
    public void AHundredThousandOperations_AreChecked()
    {
        CausalHistory history = ReplicaSimulator.Run(seed: 1, replicas: 8, operations: 100_000, keys: 50);

        long start = Stopwatch.GetTimestamp();
        CausalCheckResult result = CausalChecker.Check(history);
        output.WriteLine($"100,000 operations in 8 sessions: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");

        result.Consistency.Should().Be(CheckVerdict.Valid, result.ToString());
        result.Convergence.Should().Be(CheckVerdict.Valid, result.ToString());
        result.Memory.Should().NotBe(CheckVerdict.Unknown);
        result.SessionViolations.Should().BeEmpty();
    }

    [Fact]
    public void OneOldReadAmongAHundredThousandOperations_IsFound()
    {
        CausalHistory history = ReplicaSimulator.Run(seed: 2, replicas: 8, operations: 100_000, keys: 50);
        CausalSession session = history.Sessions[3];
        CausalOperation[] operations = [.. session.Operations];
        int last = Array.FindLastIndex(operations, operation => !operation.IsWrite);
        long old = operations.First(operation => !operation.IsWrite && operation.Key == operations[last].Key && operation.Value != CausalHistory.Initial).Value;
        operations[last] = CausalOperation.Read(operations[last].Key, old);

        CausalCheckResult result = CausalChecker.Check(CausalHistory.Of(history.Sessions.Select(other => other == session ? new CausalSession(session.Name, operations) : other)));

        output.WriteLine(result.ToString());
        result.Violations[0].Text.Length.Should().BeLessThan(2_000);
        result.Violations.Select(violation => violation.Pattern).Should().Equal(CausalPattern.WriteCORead);
        result.SessionViolations.Should().ContainSingle().Which.Operations[^1].Number.Should().Be(last + 1);
    }
}
