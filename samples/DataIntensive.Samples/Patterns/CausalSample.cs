using DataIntensive.Causal;

namespace DataIntensive.Samples.Patterns;

/// <summary>Two replicas that write apart, exchange what they have, and never show an answer before its question.</summary>
internal static class CausalSample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DatabaseSchema schema = new DatabaseSchema().AddCausalStore<string, string>("wiki", new ReplicaId("berlin"));
        await using Database database = await Database.OpenAsync(folder, schema, cancellationToken: cancellationToken);
        DatabaseCausalStore<string, string> berlin = database.CausalStore<string, string>("wiki");
        InMemoryCausalStore<string, string> lisbon = CausalStore.InMemory<string, string>(new ReplicaId("lisbon"));

        VectorClock question = await berlin.WriteAsync("question", "Shall we meet?", cancellationToken: cancellationToken);
        await CausalReplication.ExchangeAsync(berlin, lisbon, cancellationToken);
        VectorClock answer = await lisbon.WriteAsync("answer", "Yes!", question, cancellationToken);
        await output.WriteLineAsync($"the question {question} comes before the answer {answer}: {question.Compare(answer)}");

        // Both edit one page without knowing of each other: neither edit is lost.
        await berlin.WriteAsync("page", "from Berlin", cancellationToken: cancellationToken);
        await lisbon.WriteAsync("page", "from Lisbon", cancellationToken: cancellationToken);
        await CausalReplication.ExchangeAsync(berlin, lisbon, cancellationToken);
        CausalRead<string> page = await berlin.ReadAsync("page", cancellationToken: cancellationToken);
        await output.WriteLineAsync($"page: {string.Join(" | ", page.Values)}");

        // Who has read both and writes again settles it, everywhere.
        await lisbon.WriteAsync("page", "merged", page.Context, cancellationToken);
        await CausalReplication.ExchangeAsync(berlin, lisbon, cancellationToken);
        page = await berlin.ReadAsync("page", cancellationToken: cancellationToken);
        await output.WriteLineAsync($"page: {string.Join(" | ", page.Values)}");

        CausalRead<string> absent = await berlin.ReadAsync("nothing", cancellationToken: cancellationToken);
        await output.WriteLineAsync($"an absent key still tells what was seen: {absent.Clock}");
    }
}
