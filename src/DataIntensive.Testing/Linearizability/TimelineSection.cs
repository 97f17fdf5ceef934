using System.Globalization;
using System.Net;

namespace DataIntensive.Testing;

// The lanes of one part. What a process did under one id stands in one lane; ids that went away after an unknown outcome share lanes
// with later ones, because each would take a lane for little.
internal sealed class TimelineSection
{
    private const int NarrowestColumn = 16;
    private const int WidestDemand = 190;
    private const int LaneHeight = 34;
    private const int LabelLimit = 60;
    private const int LetterWidth = 8;
    private const int PlaceWidth = 30;
    private const int Gap = 3;

    // How far a bar of unknown outcome reaches, in columns; it could go on for ever.
    private const int UnknownColumns = 3;

    private readonly TextWriter _writer;
    private readonly IReadOnlyList<HistoryOperation> _operations;
    private readonly LinearizabilityViolation? _violation;
    private readonly Dictionary<HistoryOperation, int> _places = [];
    private readonly Dictionary<HistoryOperation, OrderedOperation> _steps = [];
    private readonly IReadOnlySet<HistoryOperation> _observers;
    private readonly HashSet<HistoryOperation> _offending;
    private readonly Dictionary<long, int> _columns = [];

    // Where each column begins, and where the last one ends.
    private readonly int[] _edges;

    public TimelineSection(TextWriter writer, IReadOnlyList<HistoryOperation> operations, CheckedPart part, LinearizabilityViolation? violation)
    {
        _writer = writer;
        _operations = operations;
        _violation = violation;
        _offending = [.. violation?.Operations ?? []];
        _observers = part.Observers;
        for (int i = 0; i < part.Order.Count; i++)
        {
            _places[part.Order[i].Operation] = i + 1;
            _steps[part.Order[i].Operation] = part.Order[i];
        }

        foreach (long stamp in operations.SelectMany(operation => new[] { operation.CalledAt, operation.ReturnedAt }).Where(stamp => stamp != long.MaxValue).Distinct().Order())
        {
            _columns[stamp] = _columns.Count;
        }

        _edges = LayOut();
    }

    public void Write()
    {
        List<(string Name, List<HistoryOperation> Operations)> lanes = Lanes();
        Line($"<div class=\"timeline\" tabindex=\"0\"><div class=\"names\">");
        foreach ((string name, _) in lanes)
        {
            Line($"<div class=\"name\">{name}</div>");
        }

        Line($"</div><div class=\"lanes\" style=\"width:{_edges[^1]}px;height:{lanes.Count * LaneHeight}px\">");
        for (int lane = 0; lane < lanes.Count; lane++)
        {
            Line($"<div class=\"lane\" style=\"top:{lane * LaneHeight}px\"></div>");
            foreach (HistoryOperation operation in lanes[lane].Operations)
            {
                WriteBar(operation, lane);
            }
        }

        Line($"</div></div>");
    }

    private void WriteBar(HistoryOperation operation, int lane)
    {
        (int left, int right) = (_edges[_columns[operation.CalledAt]], _edges[EndColumn(operation)]);
        string kind = string.Join(' ', Classes(operation));
        string place = _places.TryGetValue(operation, out int number) ? string.Create(CultureInfo.InvariantCulture, $"<b class=\"place\">{number}</b>") : "";
        Line($"<div class=\"{kind}\" tabindex=\"0\" style=\"left:{left}px;top:{(lane * LaneHeight) + 4}px;width:{right - left - Gap}px\" data-tip=\"{Encode(Tip(operation))}\">{place}<span>{Encode(Label(operation))}</span></div>");
    }

    // Wide enough for what its bars say, as far as that is not too much: the column in which a bar ends takes what is missing.
    private int[] LayOut()
    {
        int[] edges = new int[_columns.Count + UnknownColumns + 1];
        ILookup<int, HistoryOperation> byEnd = _operations.ToLookup(EndColumn);
        for (int column = 1; column < edges.Length; column++)
        {
            edges[column] = byEnd[column]
                .Select(operation => edges[_columns[operation.CalledAt]] + Math.Min(WidestDemand, (Label(operation).Length * LetterWidth) + (_places.ContainsKey(operation) ? PlaceWidth : 0) + 10 + Gap))
                .Append(edges[column - 1] + NarrowestColumn)
                .Max();
        }

        return edges;
    }

    // The first column that a bar does not cover.
    private int EndColumn(HistoryOperation operation) =>
        operation.Outcome == HistoryOutcome.Unknown ? _columns[operation.CalledAt] + UnknownColumns : _columns[operation.ReturnedAt] + 1;

    private static string Label(HistoryOperation operation)
    {
        string argument = operation.Argument.IsNil ? "" : $" {operation.Argument}";
        string result = operation.Outcome == HistoryOutcome.Unknown || (operation.Result.IsNil && !operation.Argument.IsNil) ? "" : $" → {operation.Result}";
        string label = $"{operation.Function}{argument}{result}";
        return label.Length <= LabelLimit ? label : string.Concat(label.AsSpan(0, LabelLimit - 1), "…");
    }

    private IEnumerable<string> Classes(HistoryOperation operation)
    {
        yield return "bar";
        yield return operation.Outcome == HistoryOutcome.Unknown ? "unknown" : !_places.ContainsKey(operation) ? "unplaced" : _observers.Contains(operation) ? "look" : "change";
        if (_offending.Contains(operation))
        {
            yield return "core";
        }

        if (operation == _violation?.Blocked)
        {
            yield return "blocked";
        }
    }

    private string Tip(HistoryOperation operation)
    {
        string returned = operation.Outcome == HistoryOutcome.Returned ? string.Create(CultureInfo.InvariantCulture, $"returned at {operation.ReturnedAt}") : "outcome unknown";
        string order = _steps.TryGetValue(operation, out OrderedOperation? step) ? string.Create(CultureInfo.InvariantCulture, $"place {_places[operation]} in the order, leaves {step.StateAfter}")
            : operation == _violation?.Blocked ? $"no order gets past it; states before it: {string.Join(", ", _violation.StatesBefore)}"
            : "not in the order";
        return string.Create(CultureInfo.InvariantCulture, $"{operation.Describe()}\nprocess {operation.Process}, called at {operation.CalledAt}, {returned}\n{order}") + (_offending.Contains(operation) ? "\noffending" : "");
    }

    // A process whose last bar ended gives its lane to one that begins later, if it went away by an unknown outcome.
    private List<(string Name, List<HistoryOperation> Operations)> Lanes()
    {
        List<(string Name, List<HistoryOperation> Operations)> lanes = [];
        List<int> freeFrom = [];
        foreach (IGrouping<long, HistoryOperation> process in _operations.GroupBy(operation => operation.Process).OrderBy(process => _columns[process.First().CalledAt]).ThenBy(process => process.Key))
        {
            HistoryOperation last = process.Last();
            int free = freeFrom.FindIndex(column => column <= _columns[process.First().CalledAt]);
            int until = last.Outcome == HistoryOutcome.Unknown ? EndColumn(last) : int.MaxValue;
            if (free < 0)
            {
                lanes.Add((process.Key.ToString(CultureInfo.InvariantCulture), [.. process]));
                freeFrom.Add(until);
            }
            else
            {
                lanes[free] = ($"{lanes[free].Name}, {process.Key}", lanes[free].Operations);
                lanes[free].Operations.AddRange(process);
                freeFrom[free] = until;
            }
        }

        return lanes;
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text).Replace("\n", "&#10;", StringComparison.Ordinal);

    private void Line(FormattableString line) => _writer.Write(line.ToString(CultureInfo.InvariantCulture) + "\n");
}
