using Microsoft.CodeAnalysis;

namespace DataIntensive.Tests.House;

public sealed class DocumentationTests
{
    [Fact]
    public void EveryPublicType_IsDocumented() =>
        SourceCode.Shipped.SelectMany(code => code.PublicTypes).Where(type => !Documentation.Exists(type)).Select(type => type.ToDisplayString()).Should().BeEmpty();

    [Fact]
    public void EveryPublicMember_IsDocumented() =>
        SourceCode.Shipped.SelectMany(code => code.PublicTypes)
            .SelectMany(Documentation.VisibleMembers)
            .Where(member => !Documentation.Exists(member))
            .Select(member => member.ToDisplayString())
            .Should().BeEmpty();

    [Fact]
    public void AnEntryType_MakesItsPromisesUnderSixHeadingsInOrder() =>
        SourceCode.Shipped.SelectMany(EntryTypes.WithPromises)
            .Select(type => (type.Name, Headings: string.Join(", ", HeadingsOf(type))))
            .Where(type => type.Headings != string.Join(", ", EntryTypes.Headings))
            .Select(type => $"{type.Name} has: {type.Headings}")
            .Should().BeEmpty();

    // Were the search for entry types blind, the test above could not fail.
    [Fact]
    public void TheEntryTypesOfTheLowerFloors_AreFound() =>
        SourceCode.Shipped.SelectMany(EntryTypes.WithPromises).Select(type => type.Name).Should().Contain(
            ["IStorage", "ICommitLog", "CommitLog", "Database", "DatabaseTransaction", "ILinearizableStore", "ICheckpointStore", "FaultyStorage"]);

    [Fact]
    public void AnOption_NamesItsDefault() =>
        OptionProperties()
            .Where(property => !Documentation.Summary(property).Contains("Default", StringComparison.Ordinal))
            .Select(property => property.ToDisplayString())
            .Should().BeEmpty();

    [Fact]
    public void AnOption_IsSetOnceInASealedClass() =>
        OptionProperties()
            .Where(property => !IsClosed(property.ContainingType) || property.SetMethod is not { IsInitOnly: true })
            .Select(property => property.ToDisplayString())
            .Should().BeEmpty();

    [Theory]
    [InlineData("public sealed class Options;", true)]
    [InlineData("public class Options;", false)]
    [InlineData("public abstract class Options;", false)]
    [InlineData("public abstract class Options { protected internal Options() { } }", false)]
    [InlineData("public abstract class Options { private protected Options() { } public Options(int timeout) { } }", false)]
    [InlineData("public abstract class Options { private protected Options() { } }", true)]
    public void AClass_IsClosedWhenNobodyElseCanDeriveFromIt(string code, bool isClosed) =>
        IsClosed(SourceCode.Parse(("Options.cs", code)).PublicTypes.Single()).Should().Be(isClosed);

    // What several options have in common may stand in a class that only this assembly derives from.
    private static bool IsClosed(INamedTypeSymbol type) =>
        type.IsSealed || (type.IsAbstract && !type.InstanceConstructors.Any(SourceCode.IsVisible));

    private static IEnumerable<IPropertySymbol> OptionProperties() =>
        SourceCode.Shipped.SelectMany(code => code.PublicTypes)
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal))
            .SelectMany(Documentation.VisibleMembers)
            .OfType<IPropertySymbol>()
            .Where(property => !property.IsStatic);

    private static IEnumerable<string> HeadingsOf(INamedTypeSymbol type) =>
        Documentation.Of(type)?.Element("remarks")?.Elements("para")
            .Select(paragraph => paragraph.Element("b")?.Value.Trim().TrimEnd('.'))
            .OfType<string>()
            .Where(EntryTypes.Headings.Contains) ?? [];
}
