namespace DataIntensive.Testing;

// A history as a sequence of calls and returns, for its written forms.
internal readonly record struct HistoryEvent(long At, HistoryEventKind Kind, HistoryOperation Operation)
{
    public static List<HistoryEvent> Of(History history)
    {
        List<HistoryEvent> events = [];
        long last = 0;
        foreach (HistoryOperation operation in history.Operations)
        {
            events.Add(new HistoryEvent(operation.CalledAt, HistoryEventKind.Call, operation));
            last = Math.Max(last, operation.CalledAt);
            if (operation.Outcome == HistoryOutcome.Returned)
            {
                events.Add(new HistoryEvent(operation.ReturnedAt, HistoryEventKind.Return, operation));
                last = Math.Max(last, operation.ReturnedAt);
            }
        }

        Sort(events);

        // When an unknown outcome was noticed decides nothing, so it is written last.
        events.AddRange(history.Operations.Where(operation => operation.Outcome == HistoryOutcome.Unknown).Select(operation => new HistoryEvent(last, HistoryEventKind.Unknown, operation)));
        return events;
    }

    // Of equal stamps the calls come first, unless a process returned before it called again at the same stamp.
    private static void Sort(List<HistoryEvent> events)
    {
        Dictionary<HistoryOperation, int> numbers = [];
        Dictionary<long, int> calls = [];
        foreach (HistoryEvent happened in events.Where(happened => happened.Kind == HistoryEventKind.Call))
        {
            int number = calls.GetValueOrDefault(happened.Operation.Process);
            calls[happened.Operation.Process] = number + 1;
            numbers[happened.Operation] = number;
        }

        List<HistoryEvent> sorted = [.. events
            .OrderBy(happened => happened.At)
            .ThenBy(happened => numbers[happened.Operation])
            .ThenBy(happened => happened.Kind)];
        events.Clear();
        events.AddRange(sorted);
    }
}
