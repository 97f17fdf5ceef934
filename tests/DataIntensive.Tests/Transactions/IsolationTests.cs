using System.Globalization;
using DataIntensive.Tests.House;

namespace DataIntensive.Tests.Transactions;

/// <summary>The Hermitage cases in every order of their steps come to what the table in docs/isolation.md says, to the last figure.</summary>
public sealed class IsolationTests(ITestOutputHelper output)
{
    // What is wrong with an outcome, by the name of the case.
    private static readonly Dictionary<string, Func<IsolationOutcome, bool>> Anomalies = new()
    {
        ["G0"] = outcome => outcome.AllCommitted && (outcome.Values[1] - 10) != (outcome.Values[2] - 20),
        ["G1a"] = outcome => outcome.Second.Seen.Contains("r1:101") || outcome.Values[1] == 101,
        ["G1b"] = outcome => outcome.Second.Seen.Contains("r1:101"),
        ["G1c"] = outcome => outcome.First.Seen[0] == "r2:22" && outcome.Second.Seen[0] == "r1:11",
        ["OTV"] = outcome => string.Join(' ', outcome.Third.Seen) is not ("r1:10 r2:20" or "r1:11 r2:19" or "r1:12 r2:18"),
        ["PMP"] = outcome => outcome.First.Seen[0] != outcome.First.Seen[1],
        ["PMP-write"] = outcome => outcome.AllCommitted && outcome.Values.Count != 1,
        ["P4"] = outcome => outcome.AllCommitted && outcome.First.Seen[0] == outcome.Second.Seen[0],
        ["G-single"] = outcome => string.Join(' ', outcome.First.Seen) is not ("r1:10 r2:20" or "r1:12 r2:18"),
        ["G-single-predicate"] = outcome => outcome.First.Seen[0] == "?%5:1=10 2=20" && outcome.First.Seen[1] != "?%3:",
        ["G-single-write"] = outcome => outcome is { First: { IsCommitted: true, Seen: ["r1:10"] }, Second.IsCommitted: true } && outcome.First.Time.Ended > outcome.Second.Time.Ended,
        ["G-single-abort"] = outcome => outcome.Second.IsRefused || outcome.Values.Count != 2,
        ["G2-item"] = outcome => outcome.AllCommitted && string.Join(' ', outcome.First.Seen) == string.Join(' ', outcome.Second.Seen),
        ["G2"] = outcome => outcome.AllCommitted && outcome.First.Seen[0] == outcome.Second.Seen[0],
        ["G2-two-edges"] = outcome => outcome.AllCommitted && outcome.First.Seen[0] == "?:1=10 2=20" && outcome.Third.Seen[0] == "?:1=10 2=25",
    };

    [Fact]
    public void TheTable_HasEveryCaseOnce() => Table().Select(row => row.Name).Should().Equal(Anomalies.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Case_InEveryOrder_ComesToWhatTheTableSays(string name)
    {
        (string _, string transactions, string orders, string serializable, string snapshot) = Table().Single(row => row.Name == name);
        IsolationCase test = new(name, transactions);

        IsolationFigures strict = await test.RunAsync(TransactionIsolation.Serializable, Anomalies[name]);
        IsolationFigures loose = await test.RunAsync(TransactionIsolation.Snapshot, Anomalies[name]);

        output.WriteLine($"{name}: {strict}, {loose}");
        (orders, serializable, snapshot).Should().Be((Number(strict.Orders), Cell(strict), Cell(loose)));
        strict.Unserializable.Should().Be(0, "whatever is called wrong, every order must equal a serial one");
    }

    public static TheoryData<string> Cases() => [.. Anomalies.Keys];

    private static string Cell(IsolationFigures figures) => $"{Number(figures.Anomalies)} wrong, {Number(figures.Refusals)} refused, {Number(figures.Unserializable)} not serial";

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static IEnumerable<(string Name, string Transactions, string Orders, string Serializable, string Snapshot)> Table() =>
        from line in File.ReadLines(Repository.PathOf("src", "DataIntensive", "docs", "isolation.md"))
        let cells = line.Split('|', StringSplitOptions.TrimEntries)
        where cells.Length == 8 && cells[2].StartsWith('`')
        select (cells[1], cells[2], cells[4], cells[5], cells[6]);
}
