using System.Globalization;

namespace DataIntensive.Testing;

/// <summary>
/// The text form of a <see cref="History"/>, for people and for diffs: a line per event, in order.
/// </summary>
/// <example>
/// <code>
/// history 1
/// 1 0 call write "x" 3
/// 2 1 call read "x" nil
/// 3 0 return nil
/// 4 1 unknown
/// </code>
/// </example>
/// <remarks>
/// The first line names the version. A line has the stamp, the process, and <c>call</c> with function, key and argument,
/// <c>return</c> with the result, <c>fail</c> (had no effect) or <c>unknown</c>. Values are as <see cref="HistoryValue.ToString"/> gives
/// them. Empty lines and those that begin with <c>#</c> are passed over.
/// </remarks>
public static class HistoryText
{
    /// <summary>The first line of the text form.</summary>
    public const string Header = "history 1";

    /// <summary>Reads a history to the end of the text.</summary>
    /// <param name="reader">The text; it is not closed.</param>
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
        foreach (HistoryEvent happened in HistoryEvent.Of(history))
        {
            HistoryOperation operation = happened.Operation;
            string what = happened.Kind switch
            {
                HistoryEventKind.Call => $"call {FunctionOf(operation)} {operation.Key} {operation.Argument}",
                HistoryEventKind.Return => $"return {operation.Result}",
                _ => "unknown",
            };
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{happened.At} {operation.Process} {what}\n"));
        }
    }

    // A function of several words would not be found again.
    private static string FunctionOf(HistoryOperation operation) => ValueParser.IsWord(operation.Function) ? operation.Function : ValueParser.Quote(operation.Function);

    private static void ReadLine(HistoryBuilder builder, ReadOnlySpan<char> line)
    {
        if (line[0] == '#')
        {
            return;
        }

        ValueParser fields = new(line);
        long at = Number(ref fields);
        long process = Number(ref fields);
        ReadOnlySpan<char> kind = fields.Word();
        switch (kind)
        {
            case "call":
                builder.Call(at, process, FunctionFrom(ref fields), fields.Value(), fields.Value());
                break;
            case "return":
                builder.Return(at, process, fields.Value());
                break;
            case "fail":
                builder.Fail(at, process);
                break;
            case "unknown":
                builder.Unknown(at, process);
                break;
            default:
                throw new FormatException($"'{kind}' is none of call, return, fail, unknown.");
        }

        if (!fields.IsAtEnd)
        {
            throw new FormatException("the line goes on behind its end.");
        }
    }

    private static string FunctionFrom(ref ValueParser fields)
    {
        if (!fields.IsAt("\""))
        {
            return fields.Word().ToString();
        }

        fields.Value().TryGetText(out string name);
        return name.Length > 0 ? name : throw new FormatException("a function has a name.");
    }

    private static long Number(ref ValueParser fields)
    {
        ReadOnlySpan<char> word = fields.Word();
        return long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : throw new FormatException($"'{word}' is no number.");
    }
}
