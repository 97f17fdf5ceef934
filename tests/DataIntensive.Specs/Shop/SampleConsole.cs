using System.Diagnostics;

namespace DataIntensive.Specs.Shop;

/// <summary>The samples console as a process of its own, so that it can really be killed.</summary>
internal static class SampleConsole
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<SampleRun> RunAsync(IEnumerable<string> arguments, TimeSpan? killAfter = null, CancellationToken cancellationToken = default)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Assembly());
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(killAfter ?? Patience);
        bool killed = false;
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Kill is SIGKILL on Unix: no handler, no finally, no flush.
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            killed = true;
            killAfter.Should().NotBeNull("the console should have ended by itself within {0}", Patience);
        }

        return new SampleRun(process.ExitCode, await output, await errors, killed && process.ExitCode == 137);
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

        string assembly = Path.Combine(root!.FullName, "samples", "DataIntensive.Samples", "bin", configuration, "net10.0", "DataIntensive.Samples.dll");
        File.Exists(assembly).Should().BeTrue("the samples are built with the tests: {0}", assembly);
        return assembly;
    }
}

/// <summary>How one run of the console ended.</summary>
internal sealed record SampleRun(int ExitCode, string Output, string Errors, bool WasKilled)
{
    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
