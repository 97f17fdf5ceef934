namespace DataIntensive.Testing;

internal sealed class TimelinePage(TextWriter writer, LinearizabilityResult result, IReadOnlyList<CheckedPart> parts)
{
    public void Write() => writer.Write($"{result} {parts.Count}");
}
