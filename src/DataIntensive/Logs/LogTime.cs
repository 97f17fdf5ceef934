namespace DataIntensive.Logs;

// Times in a log are whole µs since 1970.
internal static class LogTime
{
    public static DateTimeOffset FromMicros(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static long ToMicros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static long MicrosAtOrAfter(DateTimeOffset time)
    {
        long micros = ToMicros(time);
        return FromMicros(micros) < time ? micros + 1 : micros;
    }
}
