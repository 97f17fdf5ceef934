using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>Real histories whose verdict is known.</summary>
public sealed class VerdictSpecs
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void EveryHistory_HasItsVerdict()
    {
        List<string> wrong = [];
        int checkedHistories = 0;
        foreach ((string file, string model, bool isLinearizable) in SharedHistories.Verdicts())
        {
            LinearizabilityResult result = Check(file, model);
            checkedHistories++;
            if (result.Verdict != (isLinearizable ? CheckVerdict.Valid : CheckVerdict.Invalid))
            {
                wrong.Add($"{file}: {result.Verdict}");
            }
        }

        wrong.Should().BeEmpty();
        checkedHistories.Should().BeGreaterThan(40);
    }

    [Fact]
    public void EveryViolation_IsMadeSmallAndHasNoOrderByItself()
    {
        foreach ((string file, string model, _) in SharedHistories.Verdicts().Where(history => !history.IsLinearizable))
        {
            LinearizabilityViolation violation = Check(file, model).Violation!;

            violation.IsMinimal.Should().BeTrue(file);
            violation.Operations.Count.Should().BeInRange(1, 6, file);
            violation.Operations.Should().Contain(violation.Blocked, file);
            violation.LongestOrder.Select(step => step.Operation).Should().NotContain(violation.Blocked, file);
        }
    }

    // What both forms keep is all that the checker looks at.
    [Fact]
    public void EveryHistory_IsTheSameAfterBothWrittenForms()
    {
        foreach ((string file, string model, _) in SharedHistories.Verdicts())
        {
            History history = Read(file, model);

            ReadAgain(history, HistoryText.Write, HistoryText.Read).Operations.Select(Describe).Should().Equal(history.Operations.Select(Describe), file);
            ReadAgain(history, HistoryJson.Write, HistoryJson.Read).Operations.Select(Describe).Should().Equal(history.Operations.Select(Describe), file);
        }
    }

    private static LinearizabilityResult Check(string file, string model) =>
        LinearizabilityChecker.Check(Read(file, model), model == "register" ? new CompareAndSetRegisterModel() : new KeyValueModel(""), cancellationToken: Stop);

    private static History Read(string file, string model)
    {
        using StreamReader reader = File.OpenText(SharedHistories.PathOf(file));
        return model == "register" ? RegisterLog.Read(reader) : KeyValueLog.Read(reader);
    }

    private static History ReadAgain(History history, Action<History, TextWriter> write, Func<TextReader, History> read)
    {
        StringWriter text = new();
        write(history, text);
        return read(new StringReader(text.ToString()));
    }

    private static string Describe(HistoryOperation operation) => $"{operation.CalledAt} {operation.ReturnedAt} {operation}";
}
