using System.Text.RegularExpressions;

namespace DataIntensive.Tests.House;

/// <summary>
/// The README's first program is compiled code: it equals the parts of the sample between lines <c>// README begins</c> and
/// <c>// README ends</c>, in their order, or the whole sample when it has no such lines. White space does not count.
/// </summary>
public sealed partial class ReadmeTests
{
    private const string Begin = "// README begins";
    private const string End = "// README ends";
    private const int LastLineOfFirstCode = 9;
    private const int MostProgramLines = 15;
    private const int MostLines = 150;

    private static readonly string Readme = Repository.PathOf("README.md");
    private static readonly string Sample = Repository.PathOf("samples", "DataIntensive.Samples", "Readme", "ReadmeProgram.cs");

    [Fact]
    public void TheProgram_IsTheCompiledSample()
    {
        string program = Program();
        File.Exists(Sample).Should().BeTrue($"README.md shows a program, so {Repository.Relative(Sample)} must compile it");
        string sample = File.ReadAllText(Sample);

        Usings(sample).Should().Contain(Usings(program), "the sample imports what README.md tells the reader to import");
        Code(program).Should().Be(Code(Marked(sample)), $"README.md and {Repository.Relative(Sample)} show one program");
    }

    [Fact]
    public void TheProgram_StandsOnTheFirstScreen()
    {
        string text = ReadOrSkip();
        string program = Program();
        int firstLine = text[..text.IndexOf("```csharp", StringComparison.Ordinal)].Count(letter => letter == '\n') + 2;

        firstLine.Should().BeLessThanOrEqualTo(LastLineOfFirstCode);
        program.Split('\n').Count(line => line.Trim().Length > 0).Should().BeLessThanOrEqualTo(MostProgramLines);
        text.Split('\n').Length.Should().BeLessThanOrEqualTo(MostLines + 1);
    }

    [Theory]
    [InlineData("dotnet run --project samples/DataIntensive.Samples")]
    [InlineData("dotnet test")]
    public void TheCommands_AreNamed(string command) => ReadOrSkip().Should().MatchRegex($@"(?m)(^|`|\$ ){Regex.Escape(command)}\s*(`|#|$)");

    private static string Program()
    {
        Match block = CSharpBlock().Match(ReadOrSkip());
        block.Success.Should().BeTrue("README.md shows a C# program");
        return block.Groups["code"].Value;
    }

    private static string ReadOrSkip()
    {
        Assert.SkipUnless(File.Exists(Readme), "There is no README.md yet.");
        return File.ReadAllText(Readme);
    }

    private static string Marked(string sample)
    {
        if (!sample.Contains(Begin, StringComparison.Ordinal))
        {
            return sample;
        }

        string[] parts = [.. sample.Split(Begin)[1..]];
        parts.Should().OnlyContain(part => part.Contains(End), $"each '{Begin}' has its '{End}'");
        return string.Join('\n', parts.Select(part => part[..part.IndexOf(End, StringComparison.Ordinal)]));
    }

    private static string[] Usings(string code) => [.. UsingDirective().Matches(code).Select(match => match.Value.Trim())];

    private static string Code(string code) => WhiteSpace().Replace(UsingDirective().Replace(code, ""), " ").Trim();

    [GeneratedRegex(@"^```csharp[^\n]*\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^\s*using\s+(static\s+)?[\w.]+\s*;", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
