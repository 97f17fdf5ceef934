using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DataIntensive.Tests.House;

/// <summary>The documentation files that the build puts beside the shipped assemblies.</summary>
internal static class Documentation
{
    private static readonly Lazy<IReadOnlyDictionary<string, XElement>> Members = new(() =>
        new[] { typeof(Database), typeof(DataIntensive.Testing.FaultyStorage) }
            .SelectMany(type => XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml"), LoadOptions.PreserveWhitespace).Descendants("member"))
            .ToDictionary(member => member.Attribute("name")!.Value));

    public static XElement? Of(ISymbol symbol) => symbol.GetDocumentationCommentId() is { } id ? Members.Value.GetValueOrDefault(id) : null;

    public static string Summary(ISymbol symbol) => Of(symbol)?.Element("summary")?.Value.Trim() ?? "";

    /// <summary>Whether a reader finds a text: its own, an inherited one, or, for the property of a positional record, its parameter's.</summary>
    public static bool Exists(ISymbol symbol)
    {
        if (symbol is IPropertySymbol && symbol.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is ParameterSyntax))
        {
            return Of(symbol.ContainingType)?.Elements("param").Any(param => param.Attribute("name")?.Value == symbol.Name && HasText(param)) == true;
        }

        return Of(symbol) is { } member && (member.Element("inheritdoc") is not null || member.Element("summary") is { } summary && HasText(summary));
    }

    /// <summary>The members that somebody wrote and a user sees; what the compiler adds is not among them.</summary>
    public static IEnumerable<ISymbol> VisibleMembers(INamedTypeSymbol type) =>
        type.GetMembers().Where(member =>
            !member.IsImplicitlyDeclared
            && SourceCode.IsVisible(member)
            && member is not INamedTypeSymbol
            && member is not IMethodSymbol { AssociatedSymbol: not null }
            && !IsPrimaryConstructor(member));

    private static bool IsPrimaryConstructor(ISymbol member) =>
        member is IMethodSymbol { MethodKind: MethodKind.Constructor }
        && member.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is TypeDeclarationSyntax);

    private static bool HasText(XElement element) => !string.IsNullOrWhiteSpace(element.Value) || element.HasElements;
}
