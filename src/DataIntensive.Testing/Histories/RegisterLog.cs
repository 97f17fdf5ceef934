using System.Globalization;

namespace DataIntensive.Testing;

/// <summary>
/// Reads the log of a Jepsen test of one register: lines such as <c>INFO  jepsen.util - 4 :invoke :cas [2 4]</c>. Check it with
/// <see cref="CompareAndSetRegisterModel"/>.
/// </summary>
/// <remarks>
/// <c>:ok</c> returned; <c>:fail :cas [2 4]</c> returned false, because the value differed; every other <c>:fail</c> had no effect;
/// <c>:info</c> is of unknown outcome, and so is what is still open at the end. Lines of <c>:nemesis</c> are passed over. The stamp of
/// an event is its line.
/// </remarks>
public static class RegisterLog
{
    private const string BeforeFields = " - ";
    private const string TimedOut = ":timed-out";

    /// <summary>Reads a log to its end.</summary>
    /// <param name="reader">The log; it is not closed.</param>
    /// <exception cref="HistoryFormatException">A line cannot be read, or cannot have happened.</exception>
    public static History Read(TextReader reader) => LineReader.Read(reader, header: null, ReadLine);

    private static void ReadLine(HistoryBuilder builder, ReadOnlySpan<char> line)
    {
        int start = line.IndexOf(BeforeFields);
        if (start < 0)
        {
            throw new FormatException($"'{BeforeFields}' is missing.");
        }

        ValueParser fields = new(line[(start + BeforeFields.Length)..]);
        ReadOnlySpan<char> who = fields.Word();
        if (who is ":nemesis")
        {
            return;
        }

        if (!long.TryParse(who, NumberStyles.None, CultureInfo.InvariantCulture, out long process))
        {
            throw new FormatException($"'{who}' is no process.");
        }

        ReadOnlySpan<char> type = fields.Word();
        string function = Function(fields.Word());
        if (type is ":invoke")
        {
            builder.Call(builder.Line, process, function, argument: Argument(function, End(ref fields)));
            return;
        }

        if (builder.OpenCall(process) is { } call && call.Function != function)
        {
            throw new FormatException($"process {process} called {call.Function} and gets an answer of {function}.");
        }

        Answer(builder, process, type, function, ref fields);
    }

    private static void Answer(HistoryBuilder builder, long process, ReadOnlySpan<char> type, string function, ref ValueParser fields)
    {
        switch (type)
        {
            case ":ok":
                builder.Return(builder.Line, process, Result(builder, process, function, End(ref fields)));
                break;
            case ":fail" when function == CompareAndSetRegisterModel.CompareAndSet && !fields.IsAt(TimedOut):
                Result(builder, process, function, End(ref fields));
                builder.Return(builder.Line, process, false);
                break;
            case ":fail":
                builder.Fail(builder.Line, process);
                break;
            case ":info":
                builder.Unknown(builder.Line, process);
                break;
            default:
                throw new FormatException($"'{type}' is none of :invoke, :ok, :fail, :info.");
        }
    }

    private static string Function(ReadOnlySpan<char> name) => name switch
    {
        ":read" => RegisterModel.Read,
        ":write" => RegisterModel.Write,
        ":cas" => CompareAndSetRegisterModel.CompareAndSet,
        _ => throw new FormatException($"'{name}' is none of :read, :write, :cas."),
    };

    private static HistoryValue Argument(string function, HistoryValue value) => function switch
    {
        RegisterModel.Read when !value.IsNil => throw new FormatException("a read is given nothing but nil."),
        CompareAndSetRegisterModel.CompareAndSet when value.Items.Length != 2 => throw new FormatException("cas is given two values in brackets."),
        _ => value,
    };

    private static HistoryValue Result(HistoryBuilder builder, long process, string function, HistoryValue value)
    {
        if (function == RegisterModel.Read)
        {
            return value;
        }

        return builder.OpenCall(process) is { } call && call.Argument != value
            ? throw new FormatException($"process {process} was called with {call.Argument} and answers for {value}.")
            : function == CompareAndSetRegisterModel.CompareAndSet ? true : HistoryValue.Nil;
    }

    private static HistoryValue End(ref ValueParser fields)
    {
        HistoryValue value = fields.Value();
        return fields.IsAtEnd ? value : throw new FormatException("the line goes on behind its value.");
    }
}
