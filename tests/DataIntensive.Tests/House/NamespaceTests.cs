using Microsoft.CodeAnalysis;

namespace DataIntensive.Tests.House;

public sealed class NamespaceTests
{
    private const string ContainerNamespace = "Microsoft.Extensions.DependencyInjection";

    [Fact]
    public void AType_StandsInTheProductsNamespaceOrItsFoldersOne() =>
        TopLevel(SourceCode.Core.Types)
            .SelectMany(type => type.DeclaringSyntaxReferences.Select(reference => (Type: type, Folder: SourceCode.FolderOf(reference.SyntaxTree))))
            .Where(pair => !Allowed(pair.Folder).Contains(NamespaceOf(pair.Type)))
            .Select(pair => $"{pair.Type.Name} in {pair.Folder} is in {NamespaceOf(pair.Type)}")
            .Should().BeEmpty();

    [Fact]
    public void TheTestingKit_StandsInItsOwnNamespace() =>
        TopLevel(SourceCode.Testing.Types).Should().NotBeEmpty().And.OnlyContain(type => NamespaceOf(type) == "DataIntensive.Testing");

    [Fact]
    public void PublicExtensionMethods_AreThereWithTheFirstUsing() =>
        TopLevel(SourceCode.Core.PublicTypes)
            .Where(type => type.GetMembers().OfType<IMethodSymbol>().Any(method => method.IsExtensionMethod && SourceCode.IsVisible(method)))
            .Where(type => NamespaceOf(type) is not ("DataIntensive" or ContainerNamespace))
            .Select(type => type.ToDisplayString())
            .Should().BeEmpty();

    [Fact]
    public void EntryTypes_AreThereWithTheFirstUsing() =>
        SourceCode.Core.PublicTypes
            .Where(type => EntryTypes.Names.Contains(type.Name) && NamespaceOf(type) != "DataIntensive")
            .Select(type => type.ToDisplayString())
            .Should().BeEmpty();

    [Fact]
    public void CommonFolders_HaveNoPublicTypes() =>
        SourceCode.Core.PublicTypes
            .Where(type => type.DeclaringSyntaxReferences.Any(reference => SourceCode.FolderOf(reference.SyntaxTree) is "Internal" or "Diagnostics"))
            .Select(type => type.ToDisplayString())
            .Should().BeEmpty();

    private static IEnumerable<INamedTypeSymbol> TopLevel(IEnumerable<INamedTypeSymbol> types) => types.Where(type => type.ContainingType is null);

    private static string NamespaceOf(INamedTypeSymbol type) => type.ContainingNamespace.ToDisplayString();

    private static string[] Allowed(string folder) => folder switch
    {
        "" => ["DataIntensive"],
        Floors.Top => ["DataIntensive", $"DataIntensive.{folder}", ContainerNamespace],
        _ => ["DataIntensive", $"DataIntensive.{folder}"],
    };
}
