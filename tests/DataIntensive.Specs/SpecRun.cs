namespace DataIntensive.Specs;

/// <summary>What the environment says of a run of the specs.</summary>
internal static class SpecRun
{
    private const int MostSeed = 0xFFFFF;

    /// <summary>Whether the long forms run: DATAINTENSIVE_LONG=1.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("DATAINTENSIVE_LONG") == "1";

    /// <summary>The first seed of a spec, printed: DATAINTENSIVE_SEED, or another one each time.</summary>
    public static int FirstSeed(ITestOutputHelper output)
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("DATAINTENSIVE_SEED") ?? $"{Environment.TickCount & MostSeed}");
        output.WriteLine($"seed {seed} (set DATAINTENSIVE_SEED to repeat)");
        return seed;
    }
}
