using System.Text.Json.Serialization;

namespace DataIntensive.AotSmoke;

[JsonSerializable(typeof(Product))]
internal sealed partial class SmokeJson : JsonSerializerContext;
