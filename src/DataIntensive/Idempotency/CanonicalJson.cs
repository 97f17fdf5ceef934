using System.Buffers;
using System.Text;
using System.Text.Json;

namespace DataIntensive.Idempotency;

// One form for all JSON texts that say the same; the form of RFC 8785, but for numbers that a double cannot hold.
internal static class CanonicalJson
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Write(ReadOnlyMemory<byte> utf8, ArrayBufferWriter<byte> destination)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8);
            Write(document.RootElement, destination);
        }
        catch (Exception failure) when (failure is JsonException or EncoderFallbackException or InvalidOperationException)
        {
            throw new ArgumentException($"This is no JSON text: {failure.Message}", nameof(utf8), failure);
        }
    }

    private static void Write(JsonElement element, ArrayBufferWriter<byte> destination)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(element, destination);
                break;
            case JsonValueKind.Array:
                WriteArray(element, destination);
                break;
            case JsonValueKind.String:
                WriteString(element.GetString()!, destination);
                break;
            case JsonValueKind.Number:
                CanonicalNumber.Write(element.GetRawText(), destination);
                break;
            default:
                destination.Write(element.ValueKind switch
                {
                    JsonValueKind.True => "true"u8,
                    JsonValueKind.False => "false"u8,
                    _ => "null"u8,
                });
                break;
        }
    }

    private static void WriteObject(JsonElement element, ArrayBufferWriter<byte> destination)
    {
        List<JsonProperty> properties = [.. element.EnumerateObject()];

        // Ordinal is by UTF-16 code units.
        properties.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        string? before = null;
        destination.Write("{"u8);
        foreach (JsonProperty property in properties)
        {
            if (before is not null)
            {
                destination.Write(","u8);
            }

            string name = property.Name;
            if (name == before)
            {
                throw new JsonException($"The property '{name}' is there twice.");
            }

            WriteString(name, destination);
            destination.Write(":"u8);
            Write(property.Value, destination);
            before = name;
        }

        destination.Write("}"u8);
    }

    private static void WriteArray(JsonElement element, ArrayBufferWriter<byte> destination)
    {
        bool isFirst = true;
        destination.Write("["u8);
        foreach (JsonElement item in element.EnumerateArray())
        {
            if (!isFirst)
            {
                destination.Write(","u8);
            }

            Write(item, destination);
            isFirst = false;
        }

        destination.Write("]"u8);
    }

    private static void WriteString(string text, ArrayBufferWriter<byte> destination)
    {
        destination.Write("\""u8);
        int plain = 0;
        for (int index = 0; index < text.Length; index++)
        {
            char letter = text[index];
            if (letter is >= ' ' and not ('"' or '\\'))
            {
                continue;
            }

            Strict.GetBytes(text.AsSpan(plain, index - plain), destination);
            Strict.GetBytes(EscapeOf(letter), destination);
            plain = index + 1;
        }

        Strict.GetBytes(text.AsSpan(plain), destination);
        destination.Write("\""u8);
    }

    private static string EscapeOf(char letter) => letter switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\f' => "\\f",
        '\r' => "\\r",
        _ => $"\\u{(int)letter:x4}",
    };
}
