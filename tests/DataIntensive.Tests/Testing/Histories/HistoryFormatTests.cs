using DataIntensive.Testing;

namespace DataIntensive.Tests.Testing.Histories;

public sealed class HistoryFormatTests
{
    [Fact]
    public void RegisterLog_ReadsEveryKindOfLine()
    {
        History history = RegisterLog.Read(Lines(
            "INFO  jepsen.util - 0\t:invoke\t:write\t3",
            "INFO  jepsen.util - :nemesis\t:info\t:start\tnil",
            "INFO  jepsen.util - 1\t:invoke\t:cas\t[3 4]",
            "INFO  jepsen.util - 0\t:ok\t:write\t3",
            "",
            "INFO  jepsen.util - 1\t:fail\t:cas\t[3 4]",
            "INFO  jepsen.util - 0\t:invoke\t:read\tnil",
            "INFO  jepsen.util - 0\t:fail\t:read\t:timed-out",
            "INFO  jepsen.util - 0\t:invoke\t:cas\t[3 5]",
            "INFO  jepsen.util - 0\t:info\t:cas\t:timed-out",
            "INFO  jepsen.util - 1\t:invoke\t:cas\t[3 1]",
            "INFO  jepsen.util - 1\t:ok\t:cas\t[3 1]",
            "INFO  jepsen.util - 1\t:invoke\t:read\tnil"));

        history.Operations.Select(operation => $"{operation.CalledAt} {operation}").Should().Equal(
            "1 process 0: write 3",
            "3 process 1: cas [3 4] → false",
            "9 process 0: cas [3 5] → ?",
            "11 process 1: cas [3 1] → true",
            "13 process 1: read → ?");
    }

    [Fact]
    public void KeyValueLog_ReadsEveryKindOfLine()
    {
        History history = KeyValueLog.Read(Lines(
            """{:process 9, :type :invoke, :f :append, :key "0", :value "x \"9\" y"}""",
            """{:process 2, :type :invoke, :f :get, :key "0", :value nil}""",
            """{:process 9, :type :ok, :f :append, :key "0", :value "x \"9\" y"}""",
            """{:process 2, :type :ok, :f :get, :key "0", :value "x"}""",
            """{:process 2, :type :invoke, :f :put, :key "1", :value ""}""",
            """{:process 2, :type :info, :f :put, :key "1", :value ""}"""));

        history.Operations.Select(operation => operation.ToString()).Should().Equal(
            "process 9: append \"0\" \"x \\\"9\\\" y\"",
            "process 2: get \"0\" → \"x\"",
            "process 2: put \"1\" \"\" → ?");
    }

    [Theory]
    [InlineData("0\t:ok\t:read\tnil", "returns without a call")]
    [InlineData("7\t:invoke\t:read\tnil", "process 7 calls read while its write is open")]
    [InlineData("8\t:invoke\t:read\tnil", "new id")]
    [InlineData("7\t:ok\t:read\tnil", "called write and gets an answer of read")]
    [InlineData("7\t:ok\t:write\t2", "called with 1 and answers for 2")]
    [InlineData("7\t:maybe\t:write\t1", "':maybe'")]
    [InlineData("7\t:ok\t:write", "ends too early")]
    [InlineData("7\t:ok\t:write\t1 2", "goes on")]
    [InlineData("7\t:ok\t:write\t1x", "no value")]
    [InlineData("0\t:invoke\t:cas\t[1", "ends too early")]
    [InlineData("0\t:invoke\t:cas\t1", "two values")]
    [InlineData("-1\t:invoke\t:read\tnil", "'-1' is no process")]
    public void RegisterLog_BadLine_IsNamed(string line, string problem)
    {
        Action read = () => RegisterLog.Read(Lines(
            "INFO  jepsen.util - 7\t:invoke\t:write\t1",
            "INFO  jepsen.util - 8\t:invoke\t:write\t1",
            "INFO  jepsen.util - 8\t:info\t:write\t:timed-out",
            $"INFO  jepsen.util - {line}"));

        HistoryFormatException wrong = read.Should().Throw<HistoryFormatException>().Which;
        wrong.Line.Should().Be(4);
        wrong.Message.Should().Contain("line 4").And.Contain(problem);
    }

    [Theory]
    [InlineData("2 0 return nil", "the stamp 2 lies before 5")]
    [InlineData("6 1 return nil", "without a call")]
    [InlineData("6 0 call read nil nil", "while its write is open")]
    [InlineData("6 0 stop", "'stop'")]
    [InlineData("6 0 return \"x", "no closing quote")]
    [InlineData("6 0 return nil nil", "goes on")]
    [InlineData("soon 0 return nil", "'soon' is no number")]
    public void Text_BadLine_IsNamed(string line, string problem)
    {
        Action read = () => HistoryText.Read(Lines("history 1", "# by hand", "5 0 call write nil 1", line));

        HistoryFormatException wrong = read.Should().Throw<HistoryFormatException>().Which;
        wrong.Line.Should().Be(4);
        wrong.Problem.Should().Contain(problem);
    }

    [Theory]
    [InlineData("""{"at":2,"process":0,"type":"return"}""", "the stamp 2 lies before 5")]
    [InlineData("""{"at":6,"process":1,"type":"return"}""", "without a call")]
    [InlineData("""{"at":6,"process":0,"type":"stop"}""", "'stop'")]
    [InlineData("""{"at":6,"type":"return"}""", "\"process\" is missing")]
    [InlineData("""{"at":6,"process":0,"type":"return","result":{}}""", "no object")]
    [InlineData("""{"at":6,"process":0,"type":"return","result":1.5}""", "1.5")]
    [InlineData("""{"at":"6","process":0,"type":"return"}""", "'String'")]
    [InlineData("""[1]""", "'Array'")]
    [InlineData("""{"at":6,""", "end of data")]
    public void Json_BadLine_IsNamed(string line, string problem)
    {
        Action read = () => HistoryJson.Read(Lines("""{"history":1}""", """{"at":5,"process":0,"type":"call","function":"write"}""", line));

        HistoryFormatException wrong = read.Should().Throw<HistoryFormatException>().Which;
        wrong.Line.Should().Be(3);
        wrong.Problem.Should().NotBeEmpty().And.MatchRegex(problem);
    }

    [Fact]
    public void OtherVersion_IsRefused()
    {
        ((Action)(() => HistoryText.Read(Lines("history 2")))).Should().Throw<HistoryFormatException>().Which.Line.Should().Be(1);
        ((Action)(() => HistoryJson.Read(Lines("""{"history":2}""")))).Should().Throw<HistoryFormatException>().Which.Line.Should().Be(1);
        ((Action)(() => HistoryText.Read(Lines()))).Should().Throw<HistoryFormatException>().Which.Line.Should().Be(1);
    }

    [Fact]
    public void BothForms_KeepEveryKindOfValue()
    {
        HistoryBuilder builder = new();
        builder.Call(1, 0, "two words", "tab\t\"quote\" \\ \u2028 é 😀", HistoryValue.List(1, true, HistoryValue.Nil, HistoryValue.List(), ""));
        builder.Call(1, 1, "read");
        builder.Return(2, 0, long.MinValue);
        builder.Call(2, 0, "read");
        builder.Return(2, 0, false);
        builder.Unknown(3, 1);
        History history = builder.Build();

        foreach ((Action<History, TextWriter> write, Func<TextReader, History> read) in new (Action<History, TextWriter>, Func<TextReader, History>)[] { (HistoryText.Write, HistoryText.Read), (HistoryJson.Write, HistoryJson.Read) })
        {
            StringWriter text = new();
            write(history, text);
            History again = read(new StringReader(text.ToString()));
            again.Operations.Select(Describe).Should().Equal(history.Operations.Select(Describe));
        }
    }

    [Fact]
    public void Value_ComparesByContents()
    {
        HistoryValue list = HistoryValue.List(1, "a", HistoryValue.List(true));

        HistoryValue.Parse(list.ToString()).Should().Be(list);
        HistoryValue.Parse(list.ToString()).GetHashCode().Should().Be(list.GetHashCode());
        new HistoryValue[] { default, 0, false, "", HistoryValue.List(), "0", 1, true, "nil" }.Should().OnlyHaveUniqueItems();
        default(HistoryValue).Should().Be(HistoryValue.Nil);
    }

    private static string Describe(HistoryOperation operation) => $"{operation.CalledAt} {operation.ReturnedAt} {operation}";

    private static StringReader Lines(params string[] lines) => new(string.Concat(lines.Select(line => line + "\n")));
}
