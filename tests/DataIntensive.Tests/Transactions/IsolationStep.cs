using System.Globalization;

namespace DataIntensive.Tests.Transactions;

/// <summary>
/// One step of a transaction in the table of docs/isolation.md: <c>b</c> begin, <c>r1</c> read a key, <c>w1=11</c> write it, <c>?=30</c>
/// and <c>?%3</c> find all values that are equal or divisible, <c>?</c> all, <c>+10</c> add to all values, <c>x=20</c> delete all that
/// are equal, <c>c</c> commit, <c>a</c> abort.
/// </summary>
internal readonly record struct IsolationStep(string Text)
{
    public bool IsBegin => Text == "b";

    public bool IsCommit => Text == "c";

    public bool IsAbort => Text == "a";

    /// <summary>Reads and writes; returns what was seen, as text, or null for a step that only writes.</summary>
    public string? Run(IIsolationTarget target)
    {
        int number = int.Parse(Text.Split('=')[^1].TrimStart('r', '?', '%', '+', 'x') is { Length: > 0 } digits ? digits : "0", CultureInfo.InvariantCulture);
        switch (Text[0])
        {
            case 'r':
                return $"{Text}:{target.Read(number)}";
            case 'w':
                target.Write(int.Parse(Text[1..Text.IndexOf('=', StringComparison.Ordinal)], CultureInfo.InvariantCulture), number);
                return null;
            case '?':
                return $"{Text}:{string.Join(' ', Find(target, Text, number).Select(entry => $"{entry.Key}={entry.Value}"))}";
            case '+':
                Find(target, "?", 0).ForEach(entry => target.Write(entry.Key, entry.Value + number));
                return null;
            case 'x':
                Find(target, "?=", number).ForEach(entry => target.Delete(entry.Key));
                return null;
            default:
                throw new FormatException($"'{Text}' is no step.");
        }
    }

    private static List<KeyValuePair<int, int>> Find(IIsolationTarget target, string text, int number) =>
        [.. target.ReadAll().Where(entry => text == "?" || (text[1] == '=' ? entry.Value == number : entry.Value % number == 0)).OrderBy(entry => entry.Key)];
}
