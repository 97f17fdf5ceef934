using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DataIntensive.Tests.House;

/// <summary>One use of another folder's code, where it stands.</summary>
internal sealed record FolderUse(string From, string To, string Type, string Name, string Place);

/// <summary>
/// Finds which folder uses which. Every name in the code is looked up for what it stands for: a type, a member (also one that is
/// reached through a value, or as an extension method, without its type being named) or a namespace.
/// </summary>
internal static class FloorScan
{
    public static IReadOnlyList<FolderUse> Uses(SourceCode code)
    {
        ILookup<string, string> foldersByTypeName = code.Types
            .SelectMany(type => FoldersOf(type).Select(folder => (type.Name, folder)))
            .ToLookup(pair => pair.Name, pair => pair.folder);
        return [.. code.Files.SelectMany(file => UsesOf(code, file, foldersByTypeName)).Distinct()];
    }

    public static IReadOnlyList<string> Breaches(SourceCode code) =>
        [.. Uses(code)
            .Where(use => !Floors.MayUse(use.From, use.To) && !Floors.Exceptions.Contains((use.From, use.Type)))
            .Select(use => $"{use.Place}: {Title(use.From)} uses {use.Name} of {Title(use.To)}")];

    private static IEnumerable<FolderUse> UsesOf(SourceCode code, SyntaxTree file, ILookup<string, string> foldersByTypeName)
    {
        SemanticModel model = code.Compilation.GetSemanticModel(file);
        string from = SourceCode.FolderOf(file);
        if (!Floors.IsKnown(from))
        {
            // A folder that is on no floor is told of by a test of its own.
            yield break;
        }

        foreach (SimpleNameSyntax name in file.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            SymbolInfo info = model.GetSymbolInfo(name);
            IReadOnlyList<ISymbol> symbols = info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols;
            string text = name.Identifier.ValueText;

            // What cannot be bound, for example beside code that the build generates, is judged by its name; a member's name says too little.
            IEnumerable<(string Folder, string Type, string Name)> targets = symbols.Count > 0 || IsMemberOfAValue(name)
                ? symbols.SelectMany(Targets)
                : foldersByTypeName[text].Select(folder => (folder, text, text));
            foreach ((string to, string type, string used) in targets.Where(target => target.Folder != from && Floors.IsKnown(target.Folder)))
            {
                int line = file.GetLineSpan(name.Span).StartLinePosition.Line + 1;
                yield return new FolderUse(from, to, type, used, $"{file.FilePath}:{line}");
            }
        }
    }

    private static IEnumerable<(string Folder, string Type, string Name)> Targets(ISymbol symbol) => symbol switch
    {
        IAliasSymbol alias => Targets(alias.Target),
        INamespaceSymbol { ContainingNamespace: { Name: "DataIntensive", ContainingNamespace.IsGlobalNamespace: true } } space => [(space.Name, "", space.ToDisplayString())],
        INamespaceSymbol or ITypeParameterSymbol or ILocalSymbol or IParameterSymbol or IRangeVariableSymbol or ILabelSymbol => [],
        INamedTypeSymbol type => FoldersOf(type.OriginalDefinition).Select(folder => (folder, type.Name, type.Name)),
        IMethodSymbol { ReducedFrom: { } extension } => Targets(extension),
        _ => FoldersOf(symbol.OriginalDefinition).Select(folder => (folder, symbol.ContainingType?.Name ?? "", $"{symbol.ContainingType?.Name}.{symbol.Name}")),
    };

    private static bool IsMemberOfAValue(SimpleNameSyntax name) =>
        name.Parent is MemberBindingExpressionSyntax || (name.Parent is MemberAccessExpressionSyntax access && access.Name == name);

    // A member has the folder of its own file; an implicit one, for example a constructor, that of its type.
    private static IEnumerable<string> FoldersOf(ISymbol symbol)
    {
        ISymbol declared = symbol.DeclaringSyntaxReferences.IsEmpty && symbol.ContainingType is { } type ? type : symbol;
        return declared.DeclaringSyntaxReferences.Select(reference => SourceCode.FolderOf(reference.SyntaxTree)).Distinct();
    }

    private static string Title(string folder) => folder.Length == 0 ? "the project's folder" : folder;
}
