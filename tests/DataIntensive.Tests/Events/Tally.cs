using System.Text.Json.Serialization;

namespace DataIntensive.Tests.Events;

/// <summary>The decider that the tests of folding run on: it keeps every number and their sum, so that order and repetition show.</summary>
internal sealed record Tally(long Sum, int Count, string Order)
{
    public static Decider<Tally, int, Counted> Decider { get; } = new(
        Initial: new Tally(0, 0, ""),
        Decide: (number, tally) => number == 0 ? [] : number < 0 ? throw new InvalidOperationException($"Not below zero; the sum is {tally.Sum}.") : [new Counted(0, number)],
        Evolve: (tally, counted) => new Tally(tally.Sum + counted.Number, tally.Count + 1, $"{tally.Order[Math.Max(0, tally.Order.Length - 40)..]},{counted.Number}"));

    public static ICodec<Tally> Codec { get; } = Codecs.Json("tally", TallyJson.Default.Tally);
}

[JsonSerializable(typeof(Tally))]
internal sealed partial class TallyJson : JsonSerializerContext;
