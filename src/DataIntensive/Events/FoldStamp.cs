using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataIntensive.Events;

// What a program is like as far as a fold is concerned: the form of the state, the version that its author gives the fold, and the
// events that the fold may meet. Events that it never meets may come and go.
internal static class FoldStamp
{
    private const int Bytes = 16;

    public static string Of<TState>(ICodec<TState> codec, int foldVersion, EventTypes? types, Type eventType)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{codec.Name}\n{codec.Version}\n{foldVersion}\n");
        IEnumerable<string> lines = (types?.All ?? []).Where(type => Leads(types!, type, eventType)).Select(Line).Order(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            text.Append(line).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, Bytes));
    }

    private static string Line(EventType type) => string.Create(CultureInfo.InvariantCulture, $"{type.Name} {type.Version} {(type.Upcaster is null ? "as it is" : "upcast")}");

    private static bool Leads(EventTypes types, EventType type, Type eventType) =>
        eventType.IsAssignableFrom(type.Type) || (type.Upcaster is { } upcaster && upcaster.Into.Any(into => into != type.Type && types.All.Any(next => next.Type == into && Leads(types, next, eventType))));
}
