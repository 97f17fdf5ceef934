using System.Runtime.CompilerServices;

namespace DataIntensive.Tests.Streams;

/// <summary>Ticks with positions: every second one, as in a log that others write to as well.</summary>
internal sealed class ListSource(IReadOnlyList<Tick> ticks) : IStreamSource<Tick>
{
    public bool WaitsAtTheEnd { get; init; }

    /// <summary>Called before the tick of an index is given, and once behind the last one.</summary>
    public Func<int, Task>? Before { get; init; }

    public List<LogPosition> ReadAfter { get; } = [];

    public static LogPosition PositionOf(int index) => new(2 * (index + 1));

    public async IAsyncEnumerable<StreamRecord<Tick>> ReadAsync(LogPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ReadAfter.Add(after);
        for (int i = 0; i <= ticks.Count; i++)
        {
            if (i < ticks.Count && PositionOf(i) <= after)
            {
                continue;
            }

            if (Before is not null)
            {
                await Before(i);
            }

            if (i < ticks.Count)
            {
                yield return new StreamRecord<Tick>(ticks[i], PositionOf(i));
            }
        }

        if (WaitsAtTheEnd)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }
}
