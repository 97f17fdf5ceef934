using System.Globalization;

namespace DataIntensive.Testing;

/// <summary>
/// Reads a log of gets, puts and appends: lines such as <c>{:process 9, :type :invoke, :f :append, :key "0", :value "x"}</c>. Check it
/// with a <see cref="KeyValueModel"/> whose keys start as an empty text.
/// </summary>
/// <remarks>
/// <c>:ok</c> returned, <c>:fail</c> had no effect, <c>:info</c> is of unknown outcome, and so is what is still open at the end. The
/// stamp of an event is its line.
/// </remarks>
public static class KeyValueLog
{
    /// <summary>Reads a log to its end.</summary>
    /// <param name="reader">The log; it is not closed.</param>
    /// <exception cref="HistoryFormatException">A line cannot be read, or cannot have happened.</exception>
    public static History Read(TextReader reader) => LineReader.Read(reader, header: null, ReadLine);

    private static void ReadLine(HistoryBuilder builder, ReadOnlySpan<char> line)
    {
        Fields fields = Fields.Read(line);
        long process = fields.Process ?? throw new FormatException(":process is missing.");
        string function = fields.Function ?? throw new FormatException(":f is missing.");
        if (fields.Type == ":invoke")
        {
            builder.Call(builder.Line, process, function, fields.Key, function == KeyValueModel.Get ? HistoryValue.Nil : fields.Value);
            return;
        }

        if (builder.OpenCall(process) is { } call && !IsAnswered(call, fields))
        {
            throw new FormatException($"process {process} called {call.Describe()} and gets an answer of {function} {fields.Key} {fields.Value}.");
        }

        switch (fields.Type)
        {
            case ":ok":
                builder.Return(builder.Line, process, function == KeyValueModel.Get ? fields.Value : HistoryValue.Nil);
                break;
            case ":fail":
                builder.Fail(builder.Line, process);
                break;
            case ":info":
                builder.Unknown(builder.Line, process);
                break;
            default:
                throw new FormatException($"'{fields.Type}' is none of :invoke, :ok, :fail, :info.");
        }
    }

    private static bool IsAnswered(HistoryOperation call, Fields by) =>
        call.Function == by.Function
        && call.Key == by.Key
        && (by.Type != ":ok" || call.Function == KeyValueModel.Get || call.Argument == by.Value);

    private sealed class Fields
    {
        public long? Process { get; private set; }

        public string? Type { get; private set; }

        public string? Function { get; private set; }

        public HistoryValue Key { get; private set; }

        public HistoryValue Value { get; private set; }

        public static Fields Read(ReadOnlySpan<char> line)
        {
            Fields fields = new();
            ValueParser parser = new(line);
            parser.Take('{');
            while (!parser.TryTake('}'))
            {
                fields.ReadField(ref parser);
            }

            return parser.IsAtEnd ? fields : throw new FormatException("the line goes on behind its bracket.");
        }

        private void ReadField(ref ValueParser parser)
        {
            ReadOnlySpan<char> name = parser.Word();
            switch (name)
            {
                case ":process":
                    ReadOnlySpan<char> process = parser.Word();
                    Process = long.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : throw new FormatException($"'{process}' is no process.");
                    break;
                case ":type":
                    Type = parser.Word().ToString();
                    break;
                case ":f":
                    Function = FunctionOf(parser.Word());
                    break;
                case ":key":
                    Key = parser.Value();
                    break;
                case ":value":
                    Value = parser.Value();
                    break;
                default:
                    throw new FormatException($"'{name}' is none of :process, :type, :f, :key, :value.");
            }
        }

        private static string FunctionOf(ReadOnlySpan<char> name) => name switch
        {
            ":get" => KeyValueModel.Get,
            ":put" => KeyValueModel.Put,
            ":append" => KeyValueModel.Append,
            _ => throw new FormatException($"'{name}' is none of :get, :put, :append."),
        };
    }
}
