using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

public sealed class WindowsTests
{
    [Theory]
    [InlineData(7, 0, new long[] { 1, 6, 7, 8 }, new long[] { 0, 0, 7, 7 })]
    [InlineData(7, 3, new long[] { 1, 2, 3, 9, 10 }, new long[] { -4, -4, 3, 3, 10 })]
    [InlineData(7, -2, new long[] { 1, -2, 3, 4, 7, 12 }, new long[] { -2, -2, -2, -2, 5, 12 })]
    [InlineData(10, 0, new long[] { -1, -10, -11, -15 }, new long[] { -10, -10, -20, -20 })]
    public void Tumbling_AnyTime_StartsAtTheFloor(long size, long offset, long[] times, long[] starts)
    {
        TumblingWindows windows = Tick.Tumbling(size, offset);

        times.Select(at => windows.StartOf(Tick.Time(at).Ticks) - DateTimeOffset.UnixEpoch.Ticks).Should().Equal(starts);
    }

    [Fact]
    public void Tumbling_DaysOfAZone_StartAtItsMidnight()
    {
        TumblingWindows windows = Windows.Tumbling(TimeSpan.FromDays(1), TimeSpan.FromHours(-8));

        long start = windows.StartOf(DateTimeOffset.FromUnixTimeMilliseconds(1470902048450).Ticks);

        start.Should().Be(DateTimeOffset.FromUnixTimeMilliseconds(1470844800000).Ticks);
    }

    [Fact]
    public async Task Tumbling_EndsOfTheCalendar_DoNotOverflow()
    {
        foreach (TimeSpan size in new[] { TimeSpan.FromTicks(7), TimeSpan.FromDays(1), TimeSpan.MaxValue })
        {
            foreach (TimeSpan offset in new[] { TimeSpan.Zero, (size / 2), -(size / 2) })
            {
                DateTimeOffset[] times = [DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue];
                WindowResult<int, long>[] results = await DataStream.From(times)
                    .WithTimestamps(time => time, Watermarks.BoundedOutOfOrderness(TimeSpan.Zero))
                    .KeyBy(_ => 1)
                    .Window(Windows.Tumbling(size, offset))
                    .Aggregate(Aggregators.Count<DateTimeOffset>())
                    .RunAsync()
                    .ToArrayAsync();

                results.Sum(result => result.Value).Should().Be(3);
                foreach (DateTimeOffset time in times)
                {
                    results.Should().ContainSingle(result => result.Window.StartTicks <= time.Ticks && time.Ticks < result.Window.EndTicks);
                }
            }
        }

    }

    [Fact]
    public async Task Session_EndsOfTheCalendar_DoNotOverflow()
    {
        DateTimeOffset[] times = [DateTimeOffset.MinValue, DateTimeOffset.MaxValue];

        WindowResult<int, long>[] results = await DataStream.From(times)
            .WithTimestamps(time => time, Watermarks.BoundedOutOfOrderness(TimeSpan.MaxValue))
            .KeyBy(_ => 1)
            .Window(Windows.Session(TimeSpan.MaxValue))
            .Aggregate(Aggregators.Count<DateTimeOffset>())
            .RunAsync()
            .ToArrayAsync();

        results.Should().ContainSingle().Which.Value.Should().Be(2);
        results[0].Window.Start.Should().Be(DateTimeOffset.MinValue);
        results[0].Window.End.Should().Be(DateTimeOffset.MaxValue);
    }

    [Fact]
    public void Definitions_OutOfRange_AreRefused()
    {
        Action[] wrong =
        [
            () => Tick.Tumbling(0),
            () => Tick.Tumbling(-1),
            () => Tick.Tumbling(5, 5),
            () => Tick.Tumbling(5, -5),
            () => Tick.Session(0),
            () => Watermarks.BoundedOutOfOrderness(TimeSpan.FromTicks(-1)),
            () => _ = new StreamRunOptions { BatchSize = 0 },
            () => _ = new StreamRunOptions { MaxOpenWindows = 0 },
        ];

        foreach (Action make in wrong)
        {
            make.Should().Throw<ArgumentOutOfRangeException>();
        }
    }
}
