using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

/// <summary>A small event; its time counts ticks from the Unix epoch.</summary>
internal readonly record struct Tick(string? Key, long At, long Value = 1)
{
    public static DateTimeOffset Time(long at) => DateTimeOffset.UnixEpoch.AddTicks(at);

    public static TimeWindow Window(long start, long end) => new(DateTimeOffset.UnixEpoch.Ticks + start, DateTimeOffset.UnixEpoch.Ticks + end);

    public static TimedStream<Tick> Stream(IEnumerable<Tick> ticks, long bound = 0) => Timed(DataStream.From(ticks), bound);

    public static TimedStream<Tick> Timed(DataStream<Tick> stream, long bound = 0) =>
        stream.WithTimestamps(tick => Time(tick.At), Watermarks.BoundedOutOfOrderness(TimeSpan.FromTicks(bound)));

    public static TumblingWindows Tumbling(long size, long offset = 0) => Windows.Tumbling(TimeSpan.FromTicks(size), TimeSpan.FromTicks(offset));

    public static SessionWindows Session(long gap) => Windows.Session(TimeSpan.FromTicks(gap));

    /// <summary>For example <c>a [0,10) 3</c>.</summary>
    public static string Show<TValue>(WindowResult<string, TValue> result) =>
        $"{result.Key} [{result.Window.StartTicks - DateTimeOffset.UnixEpoch.Ticks},{result.Window.EndTicks - DateTimeOffset.UnixEpoch.Ticks}) {result.Value}";

    public static string Show(LateEvent<Tick> late) => $"{late.Reason} {late.Item.Key ?? "null"}@{late.Item.At} w{(late.Watermark - DateTimeOffset.UnixEpoch).Ticks}";
}
