using System.Text.Json.Serialization;

namespace DataIntensive.Tests.Events;

internal sealed record Deposited(decimal Amount);

internal sealed record Withdrawn(decimal Amount);

internal sealed record Counted(int Writer, int Number);

internal sealed record Noted(string Text);

internal sealed record NotMapped(int Number);

[JsonSerializable(typeof(Deposited))]
[JsonSerializable(typeof(Withdrawn))]
[JsonSerializable(typeof(Counted))]
[JsonSerializable(typeof(Noted))]
internal sealed partial class TestEvents : JsonSerializerContext
{
    public static void Map(EventMap events) => events
        .Map("deposited", version: 1, Default.Deposited)
        .Map("withdrawn", version: 1, Default.Withdrawn)
        .Map("counted", version: 1, Default.Counted)
        .Map("noted", version: 1, Default.Noted);
}
