using System.Diagnostics;

namespace DataIntensive.Tests.House;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] BuildOutput = ["bin", "obj"];

    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Files below a folder by name pattern, build output left out, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(string pattern, params string[] folder)
    {
        string start = PathOf(folder);
        return !Directory.Exists(start)
            ? []
            : [.. Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories).Where(IsSource).Order(StringComparer.Ordinal)];
    }

    /// <summary>The names at the top that git tracks; without git, those that are there and not ignored.</summary>
    public static IReadOnlyList<string> TopLevel() => TrackedByGit() ?? NotIgnored();

    private static bool IsSource(string path) =>
        !Path.GetRelativePath(Root, path).Split(Path.DirectorySeparatorChar).Any(part => BuildOutput.Contains(part) || part == "artifacts");

    private static string[]? TrackedByGit()
    {
        ProcessStartInfo start = new("git", ["ls-files", "-z"]) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process git = Process.Start(start)!;
            string output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            string[] names = [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(path => path.Split('/')[0]).Distinct()];
            return git.ExitCode == 0 && names.Length > 0 ? names : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string[] NotIgnored()
    {
        HashSet<string> ignored = [".git", .. File.ReadLines(PathOf(".gitignore")).Select(line => line.Trim().TrimEnd('/'))];
        return [.. Directory.EnumerateFileSystemEntries(Root).Select(path => Path.GetFileName(path)!).Where(name => !ignored.Contains(name))];
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DataIntensive.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no DataIntensive.sln above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
