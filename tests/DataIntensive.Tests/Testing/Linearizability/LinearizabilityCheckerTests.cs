using DataIntensive.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Testing.Linearizability;

public sealed class LinearizabilityCheckerTests
{
    [Fact]
    public void EmptyHistory_IsLinearizable() => Check(new RegisterModel(), "").Verdict.Should().Be(CheckVerdict.Valid);

    [Theory]
    [InlineData("concurrent write is seen early", "1 0 call write nil 1|2 1 call read nil nil|3 1 return 1|4 0 return nil", true)]
    [InlineData("stale read", "1 0 call write nil 1|2 0 return nil|3 0 call write nil 2|4 0 return nil|5 1 call read nil nil|6 1 return 1", false)]
    [InlineData("read from nowhere", "1 0 call read nil nil|2 0 return 7", false)]
    [InlineData("new value, then old", "1 0 call write nil 1|2 1 call read nil nil|3 1 return 1|4 1 call read nil nil|5 1 return nil|6 0 return nil", false)]
    [InlineData("unknown write is seen late", "1 0 call write nil 1|2 1 call read nil nil|3 1 return nil|4 1 call read nil nil|5 1 return 1", true)]
    [InlineData("unknown write comes and goes", "1 0 call write nil 1|2 1 call read nil nil|3 1 return 1|4 1 call read nil nil|5 1 return nil", false)]
    [InlineData("equal stamps are concurrent", "1 0 call write nil 1|2 0 return nil|2 1 call read nil nil|3 1 return nil", true)]
    [InlineData("keys are independent registers", "1 0 call write \"a\" 1|2 0 return nil|3 0 call read \"b\" nil|4 0 return nil", true)]
    public void Register(string plan, string history, bool isLinearizable) => Expect(new RegisterModel(), plan, history, isLinearizable);

    [Theory]
    [InlineData("two cas from one value", "1 0 call cas nil [nil 1]|2 1 call cas nil [nil 2]|3 0 return true|4 1 return true", false)]
    [InlineData("one cas of two", "1 0 call cas nil [nil 1]|2 1 call cas nil [nil 2]|3 0 return true|4 1 return false", true)]
    [InlineData("lost cas", "1 0 call cas nil [nil 1]|2 0 return true|3 1 call read nil nil|4 1 return nil", false)]
    [InlineData("refused for no reason", "1 0 call write nil 1|2 0 return nil|3 0 call cas nil [1 2]|4 0 return false", false)]
    [InlineData("unknown cas took effect", "1 0 call cas nil [nil 1]|2 1 call cas nil [1 2]|3 1 return true", true)]
    [InlineData("unknown cas took effect once", "1 0 call cas nil [nil 1]|2 1 call cas nil [1 nil]|3 1 return true|4 1 call cas nil [1 2]|5 1 return true", false)]
    public void CompareAndSetRegister(string plan, string history, bool isLinearizable) => Expect(new CompareAndSetRegisterModel(), plan, history, isLinearizable);

    [Theory]
    [InlineData("appends in both orders", "1 0 call append 1 \"a\"|2 1 call append 1 \"b\"|3 0 return nil|4 1 return nil|5 0 call get 1 nil|6 0 return \"ba\"", true)]
    [InlineData("lost append", "1 0 call append 1 \"a\"|2 0 return nil|3 1 call append 1 \"b\"|4 1 return nil|5 0 call get 1 nil|6 0 return \"b\"", false)]
    [InlineData("append twice", "1 0 call append 1 \"a\"|2 0 return nil|5 0 call get 1 nil|6 0 return \"aa\"", false)]
    [InlineData("append to what was put", "1 0 call put 1 \"a\"|2 0 return nil|3 0 call append 1 \"b\"|4 0 return nil|5 0 call get 1 nil|6 0 return \"ab\"", true)]
    [InlineData("deleted value is back", "1 0 call put 1 7|2 0 return nil|3 0 call delete 1 nil|4 0 return true|5 0 call get 1 nil|6 0 return 7", false)]
    [InlineData("delete of nothing", "3 0 call delete 1 nil|4 0 return true", false)]
    [InlineData("delete twice at once", "1 0 call put 1 7|2 0 return nil|3 0 call delete 1 nil|4 1 call delete 1 nil|5 0 return true|6 1 return true", false)]
    [InlineData("cas of an absent key", "1 0 call cas 1 [nil 7]|2 0 return true|3 0 call get 1 nil|4 0 return 7", true)]
    public void KeyValue(string plan, string history, bool isLinearizable) => Expect(new KeyValueModel(), plan, history, isLinearizable);

    [Theory]
    [InlineData("versions", "1 0 call append 1 [0 \"a\" \"b\"]|2 0 return 2|3 0 call append 1 [2 \"c\"]|4 0 return 3|5 0 call read 1 2|6 0 return [\"b\" \"c\"]", true)]
    [InlineData("both appends at one version", "1 0 call append 1 [0 \"a\"]|2 1 call append 1 [0 \"b\"]|3 0 return 1|4 1 return 1", false)]
    [InlineData("conflict with the version", "1 0 call append 1 [0 \"a\"]|2 0 return 1|3 1 call append 1 [0 \"b\"]|4 1 return [false 1]", true)]
    [InlineData("conflict with a wrong version", "1 0 call append 1 [0 \"a\"]|2 0 return 1|3 1 call append 1 [0 \"b\"]|4 1 return [false 2]", false)]
    [InlineData("conflict for no reason", "3 1 call append 1 [\"none\" \"b\"]|4 1 return false", false)]
    [InlineData("events in another order", "1 0 call append 1 [\"any\" \"a\"]|2 0 return 1|3 0 call append 1 [\"exists\" \"b\"]|4 0 return 2|5 0 call read 1 nil|6 0 return [\"b\" \"a\"]", false)]
    [InlineData("version goes back", "1 0 call append 1 [\"any\" \"a\"]|2 0 return 1|3 0 call version 1 nil|4 0 return 0", false)]
    [InlineData("half of an append", "1 0 call append 1 [0 \"a\" \"b\"]|2 1 call read 1 nil|3 1 return [\"a\"]|4 0 return 2", false)]
    public void EventStream(string plan, string history, bool isLinearizable) => Expect(new EventStreamModel(), plan, history, isLinearizable);

    [Theory]
    [InlineData("reads in any order", "1 0 call add nil 1|2 0 return true|3 0 call add nil 2|4 0 return true|5 0 call read nil nil|6 0 return [2 1]", true)]
    [InlineData("added twice", "1 0 call add nil 1|2 1 call add nil 1|3 0 return true|4 1 return true", false)]
    [InlineData("lost element", "1 0 call add nil 1|2 0 return nil|3 0 call read nil nil|4 0 return []", false)]
    [InlineData("element twice", "1 0 call add nil 1|2 0 return nil|3 0 call read nil nil|4 0 return [1 1]", false)]
    [InlineData("removed and there", "1 0 call add nil 1|2 0 return nil|3 0 call remove nil 1|4 0 return true|5 0 call contains nil 1|6 0 return true", false)]
    public void Set(string plan, string history, bool isLinearizable) => Expect(new SetModel(), plan, history, isLinearizable);

    [Fact]
    public void OwnModel_MayLeaveOutcomesOpen()
    {
        const string Draws = "1 0 call draw nil nil|2 0 return nil|3 0 call total nil nil|4 0 return ";

        Check(new DiceModel(), Draws + "6").Verdict.Should().Be(CheckVerdict.Valid);
        Check(new DiceModel(), Draws + "1").Verdict.Should().Be(CheckVerdict.Valid);
        Check(new DiceModel(), Draws + "7").Verdict.Should().Be(CheckVerdict.Invalid);
    }

    [Fact]
    public void Violation_IsTheSmallestPieceWithWhereOrdersEnd()
    {
        LinearizabilityViolation violation = Check(
            new RegisterModel(),
            "1 0 call write nil 1|2 0 return nil|3 2 call read nil nil|4 2 return 1|5 0 call write nil 2|6 0 return nil|7 2 call read nil nil|8 2 return 2|9 1 call read nil nil|10 1 return 1|11 0 call write nil 3|12 0 return nil").Violation!;

        violation.IsMinimal.Should().BeTrue();
        violation.Operations.Select(operation => operation.ToString()).Should().Equal("process 0: write 2", "process 1: read → 1");
        violation.Blocked.Should().BeSameAs(violation.Operations[1]);
        violation.StatesBefore.Should().Equal("2");
        violation.LongestOrder.Select(step => step.StateAfter).Should().Equal("1", "1", "2", "2");
        violation.ToString().Should().Contain("process 1: read → 1   <- no order gets past it");
    }

    [Fact]
    public void Timeout_IsUnknown()
    {
        FakeTimeProvider time = new() { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };

        LinearizabilityResult result = LinearizabilityChecker.Check(Hard(), new BlindModel(), new LinearizabilityOptions { Timeout = TimeSpan.FromSeconds(3), TimeProvider = time });

        result.Verdict.Should().Be(CheckVerdict.Unknown);
        result.UnknownBecause.Should().Contain("00:00:03");
    }

    [Fact]
    public void MemoryBound_IsUnknownAndKept()
    {
        const long Bound = 4 * 1024 * 1024;

        LinearizabilityResult result = LinearizabilityChecker.Check(Hard(), new BlindModel(), new LinearizabilityOptions { MaxMemoryBytes = Bound });

        result.Verdict.Should().Be(CheckVerdict.Unknown);
        result.UnknownBecause.Should().Contain("bytes");
        result.PeakBytes.Should().BeInRange(Bound / 4, Bound * 5 / 4);
    }

    [Fact]
    public void Cancelling_Stops()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Action check = () => LinearizabilityChecker.Check(Hard(), new BlindModel(), cancellationToken: stop.Token);

        check.Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void UnknownFunction_IsMisuse()
    {
        Action check = () => Check(new RegisterModel(), "1 0 call swap nil 1|2 0 return nil");

        check.Should().Throw<ArgumentException>().WithMessage("*does not know 'swap'*");
    }

    [Fact]
    public void Page_StandsAloneAndMarksWhatIsWrong()
    {
        StringWriter page = new();
        Check(new KeyValueModel(), "1 0 call put \"<b>\" \"</div>\"|2 0 return nil|3 0 call get \"<b>\" nil|4 0 return nil|5 7 call get \"<b>\" nil").WriteHtml(page);

        string html = page.ToString();
        html.Should().StartWith("<!DOCTYPE html>").And.Contain("bar unplaced core blocked").And.Contain("&lt;b&gt;");
        html.Should().NotContain("<b>\"").And.NotContain("src=").And.NotContain("href=").And.NotContain("url(").And.NotContain("http");
    }

    private static void Expect(SequentialModel model, string plan, string history, bool isLinearizable)
    {
        LinearizabilityResult result = Check(model, history);

        result.Verdict.Should().Be(isLinearizable ? CheckVerdict.Valid : CheckVerdict.Invalid, "{0}: {1}", plan, result);
        (result.Violation is null).Should().Be(isLinearizable);
    }

    private static LinearizabilityResult Check(SequentialModel model, string history) =>
        LinearizabilityChecker.Check(HistoryText.Read(new StringReader($"{HistoryText.Header}\n{history.Replace('|', '\n')}")), model);

    // Thirty at once, of which every order leaves another state, and then a result that none explains.
    private static History Hard()
    {
        HistoryBuilder builder = new();
        for (int process = 0; process < 30; process++)
        {
            builder.Call(1, process, "push", argument: process);
        }

        for (int process = 0; process < 30; process++)
        {
            builder.Return(2, process);
        }

        builder.Call(3, 99, "read");
        builder.Return(4, 99, "nothing of the kind");
        return builder.Build();
    }

    private sealed class BlindModel : SequentialModel<string>
    {
        protected override string InitialState => "";

        protected override void Step(string state, HistoryOperation operation, ICollection<string> next)
        {
            if (operation.Function == "push")
            {
                next.Add($"{state} {operation.Argument}");
            }
        }
    }

    private sealed class DiceModel : SequentialModel<int>
    {
        protected override int InitialState => 0;

        protected override void Step(int state, HistoryOperation operation, ICollection<int> next)
        {
            for (int eyes = 1; eyes <= 6 && operation.Function == "draw"; eyes++)
            {
                next.Add(state + eyes);
            }

            if (operation.Function == "total" && operation.Result == state)
            {
                next.Add(state);
            }
        }
    }
}
