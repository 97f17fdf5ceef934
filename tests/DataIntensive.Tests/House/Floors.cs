namespace DataIntensive.Tests.House;

/// <summary>Which folder of the core may use which: the design's table of floors.</summary>
internal static class Floors
{
    public const string Top = "DependencyInjection";

    /// <summary>Usable from every floor, and using none: <c>""</c> is the folder of the project itself.</summary>
    public static IReadOnlySet<string> Common { get; } = new HashSet<string> { "", "Diagnostics", "Internal" };

    public static IReadOnlyDictionary<string, int> Levels { get; } = new Dictionary<string, int>
    {
        ["Storage"] = 1,
        ["Logs"] = 2,
        ["Transactions"] = 3,
        ["Stores"] = 4,
        ["Consumers"] = 5,
        ["Events"] = 6,
        ["Causal"] = 6,
        ["Idempotency"] = 6,
        ["Changes"] = 7,
        ["Streams"] = 8,
        [Top] = 9,
    };

    /// <summary>What a common folder uses of a floor, because the helper would otherwise stand twice.</summary>
    public static IReadOnlySet<(string Folder, string Type)> Exceptions { get; } = new HashSet<(string, string)>
    {
        // Writing and reading a value with its codec's version and length is the same in every floor's records.
        ("Internal", "ICodec"),
    };

    public static bool IsKnown(string folder) => Common.Contains(folder) || Levels.ContainsKey(folder);

    public static bool MayUse(string from, string to) =>
        from == to || Common.Contains(to) || (!Common.Contains(from) && Levels[to] < Levels[from]);
}
