using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DataIntensive.Tests.House;

public sealed class FileTests
{
    private const int MostInterfaceMembers = 6;

    [Fact]
    public void AFile_HasOnePublicTypeAtMost() =>
        Files()
            .Select(file => (file.Tree.FilePath, Names: string.Join(", ", PublicTypesOf(file).Select(type => type.Name))))
            .Where(file => file.Names.Contains(','))
            .Select(file => $"{file.FilePath}: {file.Names}")
            .Should().BeEmpty();

    // Foo.cs, Foo.Concern.cs for a part of it, and Foo.T.cs for its generic twin.
    [Fact]
    public void AFile_IsNamedAfterItsPublicType() =>
        Files()
            .SelectMany(file => PublicTypesOf(file).Select(type => (file.Tree.FilePath, Named: Path.GetFileName(file.Tree.FilePath).Split('.')[0], type.Name)))
            .Where(file => file.Named != file.Name)
            .Select(file => $"{file.FilePath}: {file.Name}")
            .Should().BeEmpty();

    [Fact]
    public void APublicType_IsNotNestedInAnother() =>
        SourceCode.Shipped.SelectMany(code => code.PublicTypes)
            .Where(type => type.ContainingType is { IsExtension: false })
            .Select(type => type.ToDisplayString())
            .Should().BeEmpty();

    [Fact]
    public void AnInterface_HasFewMembers() =>
        SourceCode.Shipped.SelectMany(code => code.PublicTypes)
            .Where(type => type.TypeKind == TypeKind.Interface)
            .Select(type => (Type: type, Count: type.GetMembers().Count(member => member is not IMethodSymbol { AssociatedSymbol: not null })))
            .Where(type => type.Count > MostInterfaceMembers)
            .Select(type => $"{type.Type.ToDisplayString()} has {type.Count}")
            .Should().BeEmpty();

    [Fact]
    public void NoFolder_BearsATypesName()
    {
        string[] folders = [.. SourceCode.Core.Files.Select(SourceCode.FolderOf).Distinct()];
        SourceCode.Core.Types.Where(type => folders.Contains(type.Name)).Select(type => type.ToDisplayString()).Should().BeEmpty();
    }

    [Fact]
    public void NoFolder_IsADrawerForAnything() =>
        new[] { "src", "tests", "samples", "benchmarks" }
            .SelectMany(top => Repository.Files("*.cs", top))
            .Select(Repository.Relative)
            .Where(path => Regex.IsMatch(path, "/(Utils|Utilities|Helpers|Managers?|Common|Misc)/", RegexOptions.IgnoreCase))
            .Should().BeEmpty();

    [Fact]
    public void NoFile_HasRegionsOrLeftovers() =>
        new[] { "src", "tests", "samples", "benchmarks" }
            .SelectMany(top => Repository.Files("*.cs", top))
            .Where(path => Regex.IsMatch(File.ReadAllText(path), @"^\s*#" + @"region\b|//.*\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b", RegexOptions.Multiline))
            .Select(Repository.Relative)
            .Should().BeEmpty();

    private static IEnumerable<(SourceCode Code, SyntaxTree Tree)> Files() => SourceCode.Shipped.SelectMany(code => code.Files.Select(tree => (code, tree)));

    private static IEnumerable<INamedTypeSymbol> PublicTypesOf((SourceCode Code, SyntaxTree Tree) file)
    {
        SemanticModel model = file.Code.Compilation.GetSemanticModel(file.Tree);
        return file.Tree.GetRoot().DescendantNodes()
            .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Select(node => (INamedTypeSymbol)model.GetDeclaredSymbol(node)!)
            .Where(type => type.ContainingType is null && SourceCode.IsVisible(type));
    }
}
