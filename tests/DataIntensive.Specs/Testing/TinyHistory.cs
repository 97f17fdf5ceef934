using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>A few random operations: what really happens to a plain thing, in an order that agrees with time, and now and then a lie.</summary>
internal static class TinyHistory
{
    /// <summary>How an operation is made: what is called, when, how long, when in that time it takes effect, and how it ends.</summary>
    public readonly record struct Seed(int Call, int Key, int CalledAt, int Length, int EffectAt, int End);

    public const int Calls = 64;

    private const int Unknown = 7;
    private const int UnknownWithoutEffect = 8;
    private const int Lie = 9;

    public static readonly Gen<Seed[]> Seeds =
        Gen.Select(Gen.Int[0, Calls - 1], Gen.Int[0, 1], Gen.Int[0, 10], Gen.Int[0, 6], Gen.Int[0, 6], Gen.Int[0, Lie])
            .Select((call, key, calledAt, length, effectAt, end) => new Seed(call, key, calledAt, length, effectAt, end))
            .Array[1, 7];

    public static History Make(Seed[] seeds, IPlainThing thing, Func<int, (string Function, HistoryValue Argument)> callOf, Func<HistoryValue, HistoryValue> lie)
    {
        HistoryValue[] results = new HistoryValue[seeds.Length];
        foreach (int i in Enumerable.Range(0, seeds.Length).OrderBy(i => seeds[i].CalledAt + Math.Min(seeds[i].Length, seeds[i].EffectAt)))
        {
            if (seeds[i].End != UnknownWithoutEffect)
            {
                (string function, HistoryValue argument) = callOf(seeds[i].Call);
                results[i] = thing.Run(function, KeyOf(seeds[i]), argument) ?? default;
            }
        }

        List<(int At, int Kind, int Number)> events = [];
        for (int i = 0; i < seeds.Length; i++)
        {
            events.Add((seeds[i].CalledAt, 0, i));
            events.Add((seeds[i].CalledAt + seeds[i].Length, 1, i));
        }

        HistoryBuilder builder = new();
        foreach ((int at, int kind, int number) in events.Order())
        {
            (string function, HistoryValue argument) = callOf(seeds[number].Call);
            if (kind == 0)
            {
                builder.Call(at, number, function, KeyOf(seeds[number]), argument);
            }
            else if (seeds[number].End is not (Unknown or UnknownWithoutEffect))
            {
                builder.Return(at, number, seeds[number].End == Lie ? lie(results[number]) : results[number]);
            }
        }

        return builder.Build();
    }

    private static HistoryValue KeyOf(Seed seed) => seed.Key == 0 ? "x" : "y";
}
