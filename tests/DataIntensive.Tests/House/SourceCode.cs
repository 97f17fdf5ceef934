using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DataIntensive.Tests.House;

/// <summary>C# files by their path within a shipped project, parsed and bound, so that a name is known by what it stands for.</summary>
internal sealed class SourceCode
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly Lazy<SourceCode> LazyCore = new(() => Read("DataIntensive"));
    private static readonly Lazy<SourceCode> LazyTesting = new(() => Read("DataIntensive.Testing", MetadataReference.CreateFromFile(typeof(Database).Assembly.Location)));

    // What the tests run with is what the core compiles against, and more.
    private static readonly Lazy<MetadataReference[]> LazyReferences = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("DataIntensive", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    private SourceCode(CSharpCompilation compilation, IReadOnlyList<SyntaxTree> files)
    {
        Compilation = compilation;
        Files = files;
    }

    public static SourceCode Core => LazyCore.Value;

    /// <summary>The kit for users' own tests.</summary>
    public static SourceCode Testing => LazyTesting.Value;

    /// <summary>All that is shipped.</summary>
    public static IReadOnlyList<SourceCode> Shipped => [Core, Testing];

    public CSharpCompilation Compilation { get; }

    public IReadOnlyList<SyntaxTree> Files { get; }

    /// <summary>Every type that the files declare, nested ones too.</summary>
    public IEnumerable<INamedTypeSymbol> Types =>
        Files
            .SelectMany(file => file.GetRoot().DescendantNodes()
                .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
                .Select(node => (INamedTypeSymbol)Compilation.GetSemanticModel(file).GetDeclaredSymbol(node)!))
            .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default);

    /// <summary>The types that a user of the assembly sees.</summary>
    public IEnumerable<INamedTypeSymbol> PublicTypes => Types.Where(type => IsVisible(type) && !type.IsExtension);

    public static SourceCode Parse(params (string Path, string Text)[] files) => Parse(files, []);

    /// <summary>The first folder of a path within the project; empty for a file of the project's own folder.</summary>
    public static string FolderOf(SyntaxTree file)
    {
        int slash = file.FilePath.IndexOf('/');
        return slash < 0 ? "" : file.FilePath[..slash];
    }

    public static bool IsVisible(ISymbol symbol)
    {
        for (ISymbol? part = symbol; part is not null and not INamespaceSymbol; part = part.ContainingSymbol)
        {
            if (part.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal))
            {
                return false;
            }
        }

        return true;
    }

    private static SourceCode Parse((string Path, string Text)[] files, MetadataReference[] references)
    {
        // Documentation is left out of the trees: a cref is no dependency.
        CSharpParseOptions options = new(LanguageVersion.CSharp14, DocumentationMode.None);
        SyntaxTree[] trees = [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, options, file.Path))];
        CSharpCompilation compilation = CSharpCompilation.Create(
            "House",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, options), .. trees],
            [.. LazyReferences.Value, .. references],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        return new SourceCode(compilation, trees);
    }

    private static SourceCode Read(string project, params MetadataReference[] references)
    {
        string folder = Repository.PathOf("src", project);
        return Parse(
            [.. Repository.Files("*.cs", "src", project).Select(path => (Path.GetRelativePath(folder, path).Replace('\\', '/'), File.ReadAllText(path)))],
            references);
    }
}
