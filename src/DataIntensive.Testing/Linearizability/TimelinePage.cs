using System.Globalization;
using System.Net;

namespace DataIntensive.Testing;

// A page that stands alone: a lane for each process, a bar from call to return for each operation, side by side by the order of the
// stamps and not by their distance, since real times leave most of a page empty.
internal sealed class TimelinePage(TextWriter writer, LinearizabilityResult result, IReadOnlyList<CheckedPart> parts)
{
    private const int FewestOperationsAroundViolation = 40;

    public void Write()
    {
        string verdict = result.Verdict switch
        {
            CheckVerdict.Valid => "linearizable",
            CheckVerdict.Invalid => "not linearizable",
            _ => "unknown",
        };
        Line($"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{verdict}</title>");
        Line($"<style>\n{TimelineStyle.Css}\n</style>\n</head>\n<body>");
        Line($"<h1>History: <span class=\"verdict {verdict.Replace(' ', '-')}\">{verdict}</span></h1>");
        Line($"<p class=\"about\">{parts.Sum(part => part.Operations.Count)} operations in {Count(parts.Count, "part")}, {result.Configurations} configurations searched. Hover over a bar, or reach it with the Tab key, for its details.</p>");
        if (result.Violation is { } violation)
        {
            WriteViolation(violation);
        }
        else
        {
            WriteParts();
        }

        Line($"<div id=\"tip\" role=\"status\" hidden></div>\n<script>\n{TimelineStyle.Script}\n</script>\n</body>\n</html>");
    }

    private void WriteViolation(LinearizabilityViolation violation)
    {
        CheckedPart part = parts.First(part => part.Name == violation.Part);
        string where = violation.Part.IsNil ? "" : $" on <code>{Encode(violation.Part.ToString())}</code>";
        string size = violation.Operations.Count == 1 ? "This operation has" : $"These {violation.Operations.Count} operations have";
        Line($"<section class=\"finding\"><h2>{size} no order{where}</h2>");
        Line("<p>Even if every other operation had any result, or no effect, in its own time." + (violation.IsMinimal ? " Without any one of them there is an order.</p>" : " There may be fewer: the time for looking ran out.</p>"));
        Line("<table><thead><tr><th>process</th><th>operation</th><th>called</th><th>returned</th></tr></thead><tbody>");
        foreach (HistoryOperation operation in violation.Operations)
        {
            string mark = operation == violation.Blocked ? " class=\"blocked-row\"" : "";
            Line($"<tr{mark}><td>{operation.Process}</td><td><code>{Encode(operation.Describe())}</code></td><td>{operation.CalledAt}</td><td>{ReturnOf(operation)}</td></tr>");
        }

        Line("</tbody></table>");
        Line($"<p>The longest order holds {Count(violation.LongestOrder.Count, "operation")} and can end in {string.Join(" or ", violation.StatesBefore.Select(state => $"<code>{Encode(state)}</code>"))}; there <code>{Encode(violation.Blocked.Describe())}</code> of process {violation.Blocked.Process} is impossible.</p></section>");
        WriteLegend();
        new TimelineSection(writer, Around(part, violation), part, violation).Write();
    }

    private void WriteParts()
    {
        if (result.UnknownBecause is { } reason)
        {
            Line($"<p class=\"finding\">No answer: {Encode(reason)}.</p>");
        }

        WriteLegend();
        int shown = 0;
        foreach (CheckedPart part in parts)
        {
            if (shown + part.Operations.Count > LinearizabilityResult.TimelineLimit)
            {
                Line($"<p class=\"about\">{Count(part.Operations.Count, "operation")} of {Encode(part.Name.ToString())} are not shown: the page ends at {LinearizabilityResult.TimelineLimit}.</p>");
                continue;
            }

            shown += part.Operations.Count;
            if (!part.Name.IsNil || parts.Count > 1)
            {
                Line($"<h2><code>{Encode(part.Name.ToString())}</code></h2>");
            }

            new TimelineSection(writer, part.Operations, part, null).Write();
        }
    }

    // From some time before the offending piece to some after it; in a long history it would not be found otherwise.
    private static List<HistoryOperation> Around(CheckedPart part, LinearizabilityViolation violation)
    {
        List<HistoryOperation> operations = [.. part.Operations];
        int first = operations.IndexOf(violation.Operations[0]);
        int last = operations.FindLastIndex(operation => operation.CalledAt <= violation.Blocked.ReturnedAt);
        int before = Math.Max(FewestOperationsAroundViolation, LinearizabilityResult.TimelineLimit - (last - first));
        int start = Math.Max(Math.Max(0, first - before), last - LinearizabilityResult.TimelineLimit + 1);
        int end = Math.Min(operations.Count, last + 1 + (FewestOperationsAroundViolation / 2));
        return operations[start..end];
    }

    private void WriteLegend()
    {
        Line("<ul class=\"legend\"><li><i class=\"bar look\"></i>no change of state</li><li><i class=\"bar change\"></i>changes the state</li><li><i class=\"bar unplaced\"></i>not in the order</li><li><i class=\"bar unknown\"></i>unknown outcome</li>"
            + (result.Violation is null ? "" : "<li><i class=\"bar core\"></i>offending</li><li><i class=\"bar core blocked\"></i>no order gets past it</li>")
            + "<li><b class=\"place\">7</b>place in the order</li></ul>");
    }

    private static string ReturnOf(HistoryOperation operation) => operation.Outcome == HistoryOutcome.Returned ? operation.ReturnedAt.ToString(CultureInfo.InvariantCulture) : "unknown";

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : string.Create(CultureInfo.InvariantCulture, $"{count} {noun}s");

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private void Line(FormattableString line) => writer.Write(line.ToString(CultureInfo.InvariantCulture) + "\n");

    private void Line(string line) => writer.Write(line + "\n");
}
