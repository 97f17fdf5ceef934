namespace DataIntensive.Streams;

// Event time is UTC ticks, as DateTimeOffset counts them. Windows and watermarks may lie outside of what DateTimeOffset can show.
internal static class StreamTime
{
    public const long BeforeAll = long.MinValue;
    public const long AfterAll = long.MaxValue;

    public static long Add(long ticks, long duration) => ticks > AfterAll - duration ? AfterAll : ticks + duration;

    public static DateTimeOffset Show(long ticks) =>
        new(Math.Clamp(ticks, DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);
}
