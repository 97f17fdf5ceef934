using CsCheck;
using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

/// <summary>Against the plainest way to say what the windows are.</summary>
public sealed class WindowOracleTests
{
    private static readonly Gen<Tick> AnyTick = Gen.Select(Gen.Int[0, 3], Gen.Long[-100, 100], Gen.Long[1, 9], (key, at, value) => new Tick($"k{key}", at, value));

    private static readonly Gen<(Tick[] Ticks, long Bound, long Size, long Offset)> AnyRun =
        Gen.Select(AnyTick.Array[0, 60], Gen.Long[0, 60], Gen.Long[1, 40], Gen.Long[-100, 100], (ticks, bound, size, offset) => (ticks, bound, size, offset % size));

    [Fact]
    public void Tumbling_AnyDisorder_EqualsTheOracle() =>
        AnyRun.Sample(run =>
        {
            List<string> expected = [];
            List<(long Start, string Key, long Sum)> open = [];
            long watermark = long.MinValue;
            foreach (Tick tick in run.Ticks)
            {
                long start = run.Offset + (long)Math.Floor((tick.At - run.Offset) / (double)run.Size) * run.Size;
                if (start + run.Size <= watermark)
                {
                    expected.Add($"late {tick.Key}@{tick.At}");
                }
                else
                {
                    int place = open.FindIndex(window => window.Start == start && window.Key == tick.Key);
                    if (place < 0)
                    {
                        open.Add((start, tick.Key!, tick.Value));
                    }
                    else
                    {
                        open[place] = open[place] with { Sum = open[place].Sum + tick.Value };
                    }
                }

                watermark = Math.Max(watermark, tick.At - run.Bound);
                CloseUpTo(watermark);
            }

            CloseUpTo(long.MaxValue);
            Run(run.Ticks, run.Bound, Tick.Tumbling(run.Size, run.Offset)).Should().Equal(expected);

            void CloseUpTo(long until)
            {
                expected.AddRange(open.Where(window => window.Start + run.Size <= until).OrderBy(window => window.Start).Select(window => $"{window.Key} [{window.Start},{window.Start + run.Size}) {window.Sum}"));
                open.RemoveAll(window => window.Start + run.Size <= until);
            }
        });

    [Fact]
    public void Session_AnyDisorder_EqualsTheOracle() =>
        AnyRun.Sample(run =>
        {
            List<string> expected = [];
            // Each session is the events themselves: what it is follows from them anew every time.
            List<List<Tick>> open = [];
            long watermark = long.MinValue;
            foreach (Tick tick in run.Ticks)
            {
                List<List<Tick>> touched = [.. open.Where(session => session[0].Key == tick.Key && session.Min(e => e.At) < tick.At + run.Size && tick.At < session.Max(e => e.At) + run.Size)];
                if (touched.Count > 0)
                {
                    touched[0].AddRange([.. touched.Skip(1).SelectMany(session => session), tick]);
                    open.RemoveAll(session => touched.IndexOf(session) > 0);
                }
                else if (tick.At + run.Size > watermark)
                {
                    open.Add([tick]);
                }
                else
                {
                    expected.Add($"late {tick.Key}@{tick.At}");
                }

                watermark = Math.Max(watermark, tick.At - run.Bound);
                CloseUpTo(watermark);
            }

            CloseUpTo(long.MaxValue);
            Run(run.Ticks, run.Bound, Tick.Session(run.Size)).Should().Equal(expected);

            void CloseUpTo(long until)
            {
                expected.AddRange(open.Select(session => (Session: session, Start: session.Min(e => e.At), End: session.Max(e => e.At) + run.Size))
                    .Where(session => session.End <= until)
                    .OrderBy(session => session.End).ThenBy(session => session.Start)
                    .Select(session => $"{session.Session[0].Key} [{session.Start},{session.End}) {session.Session.Sum(e => e.Value)}"));
                open.RemoveAll(session => session.Max(e => e.At) + run.Size <= until);
            }
        });

    [Fact]
    public void Session_AnyDisorderWithinTheBound_GivesTheSessionsOfTheSortedEvents() =>
        Gen.Select(AnyTick.Array[0, 60], Gen.Long[0, 60], Gen.Long[1, 40], Gen.Long[0, 60].Array[60]).Sample((ticks, bound, gap, delays) =>
        {
            Tick[] arrival = [.. ticks.Select((tick, i) => (tick, at: tick.At + (delays[i] % (bound + 1)))).OrderBy(delayed => delayed.at).Select(delayed => delayed.tick)];
            List<string> expected = [];
            foreach (IGrouping<string?, Tick> key in ticks.GroupBy(tick => tick.Key))
            {
                Tick[] sorted = [.. key.OrderBy(tick => tick.At)];
                for (int i = 0, first = 0; i < sorted.Length; i++)
                {
                    if (i == sorted.Length - 1 || sorted[i + 1].At - sorted[i].At >= gap)
                    {
                        expected.Add($"{key.Key} [{sorted[first].At},{sorted[i].At + gap}) {sorted[first..(i + 1)].Sum(tick => tick.Value)}");
                        first = i + 1;
                    }
                }
            }

            Run(arrival, bound, Tick.Session(gap)).Should().BeEquivalentTo(expected);
        });

    private static List<string> Run(Tick[] ticks, long bound, WindowDefinition windows)
    {
        List<string> output = [];
        AggregatedStream<string, Tick, long> sums = Tick.Stream(ticks, bound)
            .KeyBy(tick => tick.Key)
            .Window(windows)
            .LateTo(late => output.Add($"late {late.Item.Key}@{late.Item.At}"))
            .Aggregate(Aggregators.Sum<Tick>(tick => tick.Value));

        // The items are at hand: the run never waits.
        Task run = Collect();
        run.IsCompletedSuccessfully.Should().BeTrue();
        return output;

        async Task Collect()
        {
            await foreach (WindowResult<string, long> result in sums.RunAsync())
            {
                output.Add(Tick.Show(result));
            }
        }
    }
}
