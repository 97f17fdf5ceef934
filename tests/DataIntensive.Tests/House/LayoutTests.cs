namespace DataIntensive.Tests.House;

public sealed class LayoutTests
{
    private static readonly string[] Allowed =
    [
        "src", "tests", "benchmarks", "samples", "Directory.Build.props", "DataIntensive.sln", "README.md", ".editorconfig",
        ".gitignore", ".gitattributes", ".ci", ".config", ".github", "LICENSE", "global.json",
    ];

    [Fact]
    public void TheTopLevel_HasWhatTheDesignNamesAndNothingElse() => Repository.TopLevel().Except(Allowed).Should().BeEmpty();

    [Fact]
    public void TheTopLevel_IsSeen() => Repository.TopLevel().Should().Contain(["src", "tests", "DataIntensive.sln"]);
}
