using System.Globalization;

namespace DataIntensive.Testing;

// The choices of one schedule: first those that are given, then the first of each, or random ones.
internal sealed class ScheduleChoices(IReadOnlyList<(int Chosen, int Of)> given, SeededChoices? random)
{
    private readonly List<(int Chosen, int Of)> _made = [];
    private SeededChoices? _random = random;

    public static ScheduleChoices Parse(string schedule)
    {
        List<(int, int)> given = [];
        foreach (string choice in schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = choice.Split('/');
            given.Add(parts.Length == 2
                && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int chosen)
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int of)
                && chosen < of
                ? (chosen, of)
                : throw new FormatException($"'{choice}' is no choice of a schedule, such as 1/3."));
        }

        return new ScheduleChoices(given, null);
    }

    public int Choose(int of)
    {
        int chosen = 0;
        if (_made.Count < given.Count)
        {
            (chosen, int expected) = given[_made.Count];
            if (expected != of)
            {
                throw new InvalidOperationException($"At choice {_made.Count + 1} of the schedule {of} steps could run, and {expected} the time before: the scenario is another one, or not deterministic.");
            }
        }
        else if (_random is { } random)
        {
            chosen = random.UpTo(of - 1);
            _random = random;
        }

        _made.Add((chosen, of));
        return chosen;
    }

    // The schedule after this one, when all are tried in turn; null when this was the last.
    public ScheduleChoices? Next()
    {
        int last = _made.FindLastIndex(choice => choice.Chosen + 1 < choice.Of);
        return last < 0 ? null : new ScheduleChoices([.. _made[..last], (_made[last].Chosen + 1, _made[last].Of)], null);
    }

    public override string ToString() => string.Join(' ', _made.Select(choice => string.Create(CultureInfo.InvariantCulture, $"{choice.Chosen}/{choice.Of}")));
}
