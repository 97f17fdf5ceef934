namespace DataIntensive.Specs.Processes;

/// <summary>The samples console as a process.</summary>
internal static class SampleConsole
{
    public static async Task<ProcessRun> RunAsync(IEnumerable<string> arguments, TimeSpan? killAfter = null, CancellationToken cancellationToken = default)
    {
        using ChildProcess process = ChildProcess.Start(Assembly(), arguments);
        return await process.EndAsync(killAfter, cancellationToken);
    }

    // The same configuration as these tests were built in.
    private static string Assembly()
    {
        DirectoryInfo bin = new(AppContext.BaseDirectory);
        string configuration = bin.Parent!.Name;
        DirectoryInfo? root = bin;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "DataIntensive.sln")))
        {
            root = root.Parent;
        }

        return Path.Combine(root!.FullName, "samples", "DataIntensive.Samples", "bin", configuration, "net10.0", "DataIntensive.Samples.dll");
    }
}
