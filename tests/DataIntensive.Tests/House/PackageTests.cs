using System.Text.Json;
using System.Xml.Linq;

namespace DataIntensive.Tests.House;

public sealed class PackageTests
{
    private static readonly string[] Folders = ["src", "tests", "samples", "benchmarks"];

    [Fact]
    public void TheCore_ReferencesTheTwoAbstractionsOnly() =>
        Included(Repository.PathOf("src", "DataIntensive", "DataIntensive.csproj"), "PackageReference").Should().BeEquivalentTo(
            ["Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions"]);

    [Fact]
    public void TheCore_ReferencesNoProjectAndNoAssembly()
    {
        string project = Repository.PathOf("src", "DataIntensive", "DataIntensive.csproj");
        Included(project, "ProjectReference").Concat(Included(project, "Reference")).Concat(Included(project, "FrameworkReference")).Should().BeEmpty();
    }

    // A user's tests may stand on any framework, and a disk that fails is a disk by the port alone.
    [Fact]
    public void TheTestingKit_ReferencesTheCoreOnly()
    {
        string project = Repository.PathOf("src", "DataIntensive.Testing", "DataIntensive.Testing.csproj");
        Included(project, "ProjectReference").Should().Equal("../DataIntensive/DataIntensive.csproj");
        Included(project, "PackageReference").Concat(Included(project, "Reference")).Concat(Included(project, "FrameworkReference")).Should().BeEmpty();
        Included(Repository.PathOf("src", "DataIntensive", "DataIntensive.csproj"), "InternalsVisibleTo").Should().NotContain("DataIntensive.Testing");
    }

    [Fact]
    public void NoPackage_ComesInForEveryProject_ButBuildTools()
    {
        Included(Repository.PathOf("Directory.Build.props"), "PackageReference").Should().BeEmpty();
        Included(Repository.PathOf("Directory.Build.props"), "GlobalPackageReference").Should().OnlyContain(name => name.EndsWith("Analyzers"));
        Included(Repository.PathOf("src", "Directory.Packages.props"), "GlobalPackageReference").Should().BeEmpty();
    }

    // From 8 on, FluentAssertions needs a paid licence for commercial use.
    [Fact]
    public void FluentAssertions_StaysBelow8()
    {
        string declared = XDocument.Load(Repository.PathOf("src", "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(version => version.Attribute("Include")?.Value == "FluentAssertions").Attribute("Version")!.Value;
        declared.Should().StartWith("[").And.EndWith("]", "an exact version cannot be raised by another package");
        Version.Parse(declared.Trim('[', ']')).Major.Should().BeLessThan(8);
        ResolvedVersions("FluentAssertions").Should().NotBeEmpty().And.OnlyContain(version => version.Major < 8);
    }

    [Fact]
    public void EveryProject_HasItsLockFile() =>
        Projects().Where(project => !File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json"))).Select(Repository.Relative).Should().BeEmpty();

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        string solution = File.ReadAllText(Repository.PathOf("DataIntensive.sln")).Replace('\\', '/');
        Projects().Select(Repository.Relative).Where(project => !solution.Contains($"\"{project}\"")).Should().BeEmpty();
    }

    [Fact]
    public void Versions_StandInOnePlace() =>
        Projects()
            .Where(project => XDocument.Load(project).Descendants("PackageReference").Any(reference => reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null))
            .Select(Repository.Relative)
            .Should().BeEmpty();

    private static IEnumerable<string> Projects() => Folders.SelectMany(folder => Repository.Files("*.csproj", folder));

    private static IEnumerable<string> Included(string project, string item) =>
        XDocument.Load(project).Descendants(item).Select(element => element.Attribute("Include")!.Value);

    private static IEnumerable<Version> ResolvedVersions(string package)
    {
        foreach (string file in Folders.SelectMany(folder => Repository.Files("packages.lock.json", folder)))
        {
            using JsonDocument locked = JsonDocument.Parse(File.ReadAllText(file));
            foreach (JsonProperty framework in locked.RootElement.GetProperty("dependencies").EnumerateObject())
            {
                if (framework.Value.TryGetProperty(package, out JsonElement entry))
                {
                    yield return Version.Parse(entry.GetProperty("resolved").GetString()!);
                }
            }
        }
    }
}
