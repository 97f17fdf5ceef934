using System.Globalization;
using System.Text;

namespace DataIntensive.Testing;

/// <summary>What <see cref="IdempotencyContract.RunAsync"/> found.</summary>
public sealed class IdempotencyContractReport
{
    internal IdempotencyContractReport(IReadOnlyList<IdempotencyCaseResult> results) => Results = results;

    /// <summary>Each case, in the order of <see cref="IdempotencyContract.Cases"/>.</summary>
    public IReadOnlyList<IdempotencyCaseResult> Results { get; }

    /// <summary>Whether no case failed.</summary>
    public bool IsKept => Results.All(result => result.Failure is null);

    /// <summary>Returns one line per case: <c>ok</c>, <c>skipped</c> or what is wrong.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach (IdempotencyCaseResult result in Results)
        {
            string verdict = result.WasSkipped ? "skipped" : result.Failure is null ? "ok" : $"BROKEN: {result.Failure.Message}";
            text.AppendLine(CultureInfo.InvariantCulture, $"{result.Case.Name}: {verdict}");
        }

        return text.ToString();
    }
}
