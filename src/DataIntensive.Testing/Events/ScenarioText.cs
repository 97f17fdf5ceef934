using System.Text;

namespace DataIntensive.Testing;

// What scenarios say when they fail.
internal static class ScenarioText
{
    public static string Of<TEvent>(IEnumerable<TEvent> given, string when, string expected, string came)
    {
        StringBuilder text = new();
        text.AppendLine("The scenario went another way.");
        text.Append("Given ").AppendLine(List(given));
        text.Append("When ").AppendLine(when);
        text.Append("Then expected ").AppendLine(expected);
        text.Append("but came ").Append(came);
        return text.ToString();
    }

    public static string List<T>(IEnumerable<T> items)
    {
        List<string> lines = [.. items.Select((item, index) => $"{Environment.NewLine}  {index + 1}. {item}")];
        return lines.Count == 0 ? "nothing" : string.Concat(lines);
    }

    // Beside each other, with a mark at the first that differs.
    public static string Compared<T>(IReadOnlyList<T> items, IReadOnlyList<T> others, Func<T, T, bool> equal)
    {
        int same = 0;
        while (same < items.Count && same < others.Count && equal(items[same], others[same]))
        {
            same++;
        }

        List<string> lines = [.. items.Select((item, index) => $"{Environment.NewLine}  {index + 1}. {item}{(index == same ? "   <- differs" : "")}")];
        return lines.Count == 0 ? "nothing" : string.Concat(lines);
    }

    public static string Of(Exception thrown) => $"{thrown.GetType().Name}: {thrown.Message}";
}
