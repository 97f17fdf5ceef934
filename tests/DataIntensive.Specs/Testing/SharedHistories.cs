namespace DataIntensive.Specs.Testing;

/// <summary>The histories in a folder beside the checkout, when they are there.</summary>
internal static class SharedHistories
{
    private static readonly Lazy<string?> Folder = new(Find);

    /// <summary>The test is skipped when there are none.</summary>
    public static string PathOf(string file)
    {
        Assert.SkipWhen(Folder.Value is null, "There is no folder shared/data/histories beside the checkout.");
        return Path.Combine(Folder.Value!, file);
    }

    public static IEnumerable<(string File, string Model, bool IsLinearizable)> Verdicts() =>
        File.ReadLines(PathOf("verdicts.csv"))
            .Skip(1)
            .Select(line => line.Split(','))
            .Select(fields => (fields[0], fields[1], bool.Parse(fields[2])));

    private static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "data", "histories");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
