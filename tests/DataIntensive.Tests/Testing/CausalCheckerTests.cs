using DataIntensive.Testing;

namespace DataIntensive.Tests.Testing;

/// <summary>Every bad pattern and every session guarantee in the smallest history that has it, and beside it one that nearly has it.</summary>
public sealed class CausalCheckerTests
{
    [Theory]
    [InlineData("r(y1)w(x1) ∥ r(x1)w(y1)", "CyclicCO", "")]
    [InlineData("w(x1)w(y1) ∥ r(y1)r(x0)", "WriteCOInitRead", "")]
    [InlineData("r(x9)", "ThinAirRead", "")]
    [InlineData("w(x1)w(x2)w(y1) ∥ r(y1)r(x1)", "WriteCORead", "")]
    [InlineData("w(x1)r(x2) ∥ w(x2)r(x1)", "CyclicCF", "CC CM")]
    [InlineData("w(x1) ∥ w(x2) ∥ r(x1)r(x2) ∥ r(x2)r(x1)", "CyclicCF", "CC CM")]
    [InlineData("w(z1)w(x1)w(y1) ∥ w(x2)r(z0)r(y1)r(x2)", "WriteHBInitRead", "CC CCv")]
    [InlineData("w(x1) ∥ w(x2) ∥ r(x1)r(x2)r(x1)", "CyclicCF CyclicHB", "CC")]
    [InlineData("w(x3)w(x4)w(y1)w(z1) ∥ w(y2) ∥ r(y2)r(x3)r(z1)r(y2)", "CyclicHB", "CC CCv")]
    [InlineData("w(x1)r(x0)", "WriteCOInitRead", "")]
    [InlineData("r(x1)w(x1)", "CyclicCO", "")]
    public void Check_OfAPattern_NamesItAndWhatHolds(string text, string patterns, string holds) => Check(text).Should().Be((patterns, holds));

    [Theory]
    [InlineData("r(y0)w(x1) ∥ r(x1)w(y1)")]
    [InlineData("r(y1)w(x1) ∥ r(x0)w(y1)")]
    [InlineData("w(x1)w(y1) ∥ r(y0)r(x0)r(y1)")]
    [InlineData("w(x1)w(y1) ∥ r(x0)r(y1)")]
    [InlineData("r(x9) ∥ w(x9)")]
    [InlineData("w(x1)w(x2)w(y1) ∥ r(x1)r(y1)")]
    [InlineData("w(x1)w(x2)w(y1) ∥ r(y1)r(x2)")]
    [InlineData("w(x1) ∥ r(x1)w(y1) ∥ w(x2) ∥ r(x2)r(y1)r(x1)")]
    [InlineData("w(x1)r(x2) ∥ w(x2)r(x2)")]
    [InlineData("w(x1) ∥ w(x2) ∥ r(x1)r(x2) ∥ r(x1)r(x2)")]
    [InlineData("w(z1)w(x1)w(y1) ∥ w(x2)r(z1)r(y1)r(x2)")]
    [InlineData("w(x1) ∥ w(x2) ∥ r(x1)r(x2)r(x2)")]
    [InlineData("w(x3)w(x4)w(y1)w(z1) ∥ w(y2) ∥ r(y2)r(x3)r(z1)r(y1)")]
    [InlineData("")]
    public void Check_OfANearMiss_FindsNothing(string text) => Check(text).Should().Be(("", "CC CCv CM"));

    [Theory]
    [InlineData("w(x1)w(x2)r(x1)", "ReadYourWrites", "s1.2 w(x2), s1.3 r(x1)")]
    [InlineData("w(x1)r(x0)", "ReadYourWrites", "s1.1 w(x1), s1.2 r(x0)")]
    [InlineData("w(x1) ∥ r(x1)w(x2)r(x1)", "ReadYourWrites", "s2.2 w(x2), s2.3 r(x1)")]
    [InlineData("w(x1)w(x2) ∥ r(x2)r(x1)", "MonotonicReads", "s2.1 r(x2), s2.2 r(x1)")]
    [InlineData("w(x1) ∥ r(x1)r(x0)", "MonotonicReads", "s2.1 r(x1), s2.2 r(x0)")]
    [InlineData("w(x1) ∥ r(x1)w(x2) ∥ r(x2)r(x1)", "MonotonicReads", "s3.1 r(x2), s3.2 r(x1)")]
    [InlineData("w(x1)w(y1) ∥ r(y1)r(x0)", "MonotonicWrites", "s1.1 w(x1), s1.2 w(y1), s2.1 r(y1), s2.2 r(x0)")]
    [InlineData("w(x1)w(x2)w(y1) ∥ r(y1)r(x1)", "MonotonicWrites", "s1.2 w(x2), s1.3 w(y1), s2.1 r(y1), s2.2 r(x1)")]
    [InlineData("w(x1) ∥ r(x1)w(y1) ∥ r(y1)r(x0)", "WritesFollowReads", "s2.1 r(x1), s2.2 w(y1), s3.1 r(y1), s3.2 r(x0)")]
    [InlineData("w(x1)w(x2) ∥ r(x2)w(y1) ∥ r(y1)r(x1)", "WritesFollowReads", "s2.1 r(x2), s2.2 w(y1), s3.1 r(y1), s3.2 r(x1)")]
    public void Check_OfABrokenGuarantee_NamesItWithItsOperations(string text, string guarantee, string operations)
    {
        SessionViolation violation = CausalChecker.Check(CausalHistory.Parse(text)).SessionViolations.Should().ContainSingle().Which;

        violation.Guarantee.ToString().Should().Be(guarantee);
        string.Join(", ", violation.Operations).Should().Be(operations);
        violation.Text.Should().StartWith(guarantee);
    }

    [Theory]
    [InlineData("w(x1)w(x2)r(x2)")]
    [InlineData("w(x1) ∥ w(x2)r(x1)")]
    [InlineData("w(x1)w(x2) ∥ r(x1)r(x2)")]
    [InlineData("w(x1) ∥ w(x2) ∥ r(x1)r(x2)r(x1)")]
    [InlineData("w(x1)w(y1) ∥ r(x0)r(y1)r(x1)")]
    [InlineData("w(x1)w(y1) ∥ w(x2) ∥ r(y1)r(x2)")]
    [InlineData("w(x1) ∥ r(x1)w(y1) ∥ r(x0)r(y1)")]
    [InlineData("w(x1) ∥ w(y1)r(x1) ∥ r(y1)r(x0)")]
    public void Check_OfAKeptGuarantee_FindsNothing(string text) => CausalChecker.Check(CausalHistory.Parse(text)).SessionViolations.Should().BeEmpty();

    [Fact]
    public void Check_ShowsTheWayThatMakesAReadWrong() =>
        CausalChecker.Check(CausalHistory.Parse("A: w(x1)w(z1)w(y1) ∥ B: r(y1)r(x0)")).Violations.Should().ContainSingle().Which.Text.Should()
            .Be("WriteCOInitRead: B.2 r(x0) found nothing, although A.1 w(x1) –po→ A.3 w(y1) –rf→ B.1 r(y1) –po→ B.2 r(x0).");

    [Fact]
    public void Check_PastItsMemory_IsUnknownAndNeverValid()
    {
        CausalCheckResult result = CausalChecker.Check(CausalHistory.Parse("w(x1) ∥ r(x1)"), new CausalCheckOptions { MaxClockEntries = 3 });

        new[] { result.Consistency, result.Convergence, result.Memory }.Should().OnlyContain(verdict => verdict == CheckVerdict.Unknown);
        result.Limit.Should().Contain("3 entries");
    }

    [Fact]
    public void Check_OfManyBadReads_ReportsAFew()
    {
        string text = string.Concat(Enumerable.Range(1, 20).Select(i => $"r(x{i})"));

        CausalCheckResult result = CausalChecker.Check(CausalHistory.Parse(text), new CausalCheckOptions { MaxViolationsPerName = 3 });

        result.Violations.Should().HaveCount(3);
        result.Consistency.Should().Be(CheckVerdict.Invalid);
    }

    [Theory]
    [InlineData("A: w(x1) r(\"a key\"0) ∥ w(y-2)", "A: w(x1)r(\"a key\"0)\ns2: w(y-2)")]
    [InlineData("w(x1) # nothing\n\n || r(x1)", "s1: w(x1)\ns2: r(x1)")]
    public void Parse_ReadsTheNotation_AndWritesItInFull(string text, string full)
    {
        string written = CausalHistory.Parse(text).ToString();

        written.Should().Be(full);
        CausalHistory.Parse(written).ToString().Should().Be(full);
    }

    [Theory]
    [InlineData("w(x1)\nr(x1) q(x1)", 2, 7)]
    [InlineData("w(x1)\n w(x1)", 2, 2)]
    [InlineData("w(x0)", 1, 1)]
    [InlineData("w(xa)", 1, 4)]
    [InlineData("w(1)", 1, 3)]
    [InlineData("w(x1", 1, 1)]
    [InlineData("w(\"x1)", 1, 3)]
    [InlineData("A: w(x1)\nA: w(x2)", 2, 4)]
    [InlineData("A B: w(x1)", 1, 1)]
    public void Parse_OfSomethingElse_NamesThePlace(string text, int line, int column)
    {
        Action parse = () => CausalHistory.Parse(text);

        CausalFormatException thrown = parse.Should().Throw<CausalFormatException>().Which;
        (thrown.Line, thrown.Column).Should().Be((line, column));
    }

    [Fact]
    public void Of_OfAValueWrittenTwice_Throws()
    {
        Action make = () => CausalHistory.Of(new CausalSession("A", CausalOperation.Write("x", 1)), new CausalSession("B", CausalOperation.Write("x", 1)));

        make.Should().Throw<ArgumentException>().WithMessage("*1 is written to x a second time*B, operation 1*");
    }

    private static (string Patterns, string Holds) Check(string text)
    {
        CausalCheckResult result = CausalChecker.Check(CausalHistory.Parse(text));
        string[] holds =
        [
            .. result.Consistency == CheckVerdict.Valid ? ["CC"] : Array.Empty<string>(),
            .. result.Convergence == CheckVerdict.Valid ? ["CCv"] : Array.Empty<string>(),
            .. result.Memory == CheckVerdict.Valid ? ["CM"] : Array.Empty<string>(),
        ];
        return (string.Join(' ', result.Violations.Select(violation => violation.Pattern).Distinct()), string.Join(' ', holds));
    }
}
