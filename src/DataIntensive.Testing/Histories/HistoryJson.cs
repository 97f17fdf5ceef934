using System.Text;
using System.Text.Json;

namespace DataIntensive.Testing;

/// <summary>
/// The JSON form of a <see cref="History"/>, for programs: one object on each line (JSON Lines), an event each, in order.
/// </summary>
/// <example>
/// <code>
/// {"history":1}
/// {"at":1,"process":0,"type":"call","function":"write","key":"x","argument":3}
/// {"at":3,"process":0,"type":"return","result":null}
/// </code>
/// </example>
/// <remarks>
/// The first line names the version. The types are <c>call</c>, <c>return</c>, <c>fail</c> (had no effect) and <c>unknown</c>. Values
/// are null, truth values, whole numbers of 64 bits, texts and arrays; what is null may be left out.
/// </remarks>
public static class HistoryJson
{
    /// <summary>The first line of the JSON form.</summary>
    public const string Header = """{"history":1}""";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64 };

    /// <summary>Reads a history to the end of the text.</summary>
    /// <param name="reader">The lines; it is not closed.</param>
    /// <exception cref="HistoryFormatException">A line cannot be read, or cannot have happened.</exception>
    public static History Read(TextReader reader) => LineReader.Read(reader, Header, ReadLine);

    /// <summary>Writes a history.</summary>
    /// <param name="history">The history.</param>
    /// <param name="writer">Where to; it is neither flushed nor closed.</param>
    public static void Write(History history, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Header + "\n");
        using MemoryStream line = new();
        using Utf8JsonWriter json = new(line);
        foreach (HistoryEvent happened in HistoryEvent.Of(history))
        {
            line.SetLength(0);
            json.Reset(line);
            WriteEvent(json, happened);
            json.Flush();
            writer.Write(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length) + "\n");
        }
    }

    private static void WriteEvent(Utf8JsonWriter json, HistoryEvent happened)
    {
        HistoryOperation operation = happened.Operation;
        json.WriteStartObject();
        json.WriteNumber("at", happened.At);
        json.WriteNumber("process", operation.Process);
        switch (happened.Kind)
        {
            case HistoryEventKind.Call:
                json.WriteString("type", "call");
                json.WriteString("function", operation.Function);
                json.WritePropertyName("key");
                WriteValue(json, operation.Key);
                json.WritePropertyName("argument");
                WriteValue(json, operation.Argument);
                break;
            case HistoryEventKind.Return:
                json.WriteString("type", "return");
                json.WritePropertyName("result");
                WriteValue(json, operation.Result);
                break;
            default:
                json.WriteString("type", "unknown");
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, HistoryValue value)
    {
        switch (value.Kind)
        {
            case HistoryValueKind.Truth:
                json.WriteBooleanValue(value == true);
                break;
            case HistoryValueKind.Number:
                value.TryGetNumber(out long number);
                json.WriteNumberValue(number);
                break;
            case HistoryValueKind.Text:
                value.TryGetText(out string text);
                json.WriteStringValue(text);
                break;
            case HistoryValueKind.List:
                json.WriteStartArray();
                foreach (HistoryValue item in value.Items)
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void ReadLine(HistoryBuilder builder, ReadOnlySpan<char> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line.ToString(), Strict);
            ReadEvent(builder, document.RootElement);
        }
        catch (JsonException unreadable)
        {
            throw new FormatException(unreadable.Message, unreadable);
        }
        catch (InvalidOperationException otherKind)
        {
            // A value of another kind than the field's.
            throw new FormatException(otherKind.Message, otherKind);
        }
    }

    private static void ReadEvent(HistoryBuilder builder, JsonElement line)
    {
        long at = Field(line, "at").GetInt64();
        long process = Field(line, "process").GetInt64();
        string? type = Field(line, "type").GetString();
        switch (type)
        {
            case "call":
                string? function = Field(line, "function").GetString();
                builder.Call(at, process, string.IsNullOrEmpty(function) ? throw new FormatException("a function has a name.") : function, Value(line, "key"), Value(line, "argument"));
                break;
            case "return":
                builder.Return(at, process, Value(line, "result"));
                break;
            case "fail":
                builder.Fail(at, process);
                break;
            case "unknown":
                builder.Unknown(at, process);
                break;
            default:
                throw new FormatException($"'{type}' is none of call, return, fail, unknown.");
        }
    }

    private static JsonElement Field(JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement field) ? field : throw new FormatException($"\"{name}\" is missing.");

    private static HistoryValue Value(JsonElement line, string name) => line.TryGetProperty(name, out JsonElement value) ? Value(value) : default;

    private static HistoryValue Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => default,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out long number) ? number : throw new FormatException($"{value.GetRawText()} is no whole number of 64 bits."),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => HistoryValue.List(value.EnumerateArray().Select(Value).ToArray()),
        _ => throw new FormatException("a value is no object."),
    };
}
