using System.Text.Json.Serialization;
using DataIntensive.Events;

namespace DataIntensive.CrashHost;

[JsonSerializable(typeof(CrashEvent))]
internal sealed partial class CrashEvents : JsonSerializerContext
{
    public static void Map(EventMap events) => events.Map("written", version: 1, Default.CrashEvent);
}
