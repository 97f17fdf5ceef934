using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DataIntensive.Diagnostics;

// One ActivitySource and one Meter, both named DataIntensive, for the whole library.
internal static class Telemetry
{
    public const string Name = "DataIntensive";

    public const string ExecuteActivity = "dataintensive.execute";
    public const string TransactActivity = "dataintensive.transact";
    public const string PositionTag = "dataintensive.position";
    public const string AttemptsTag = "dataintensive.attempts";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter SharedMeter = new(Name);

    public static Meter MeterOf(IMeterFactory? factory) => factory?.Create(new MeterOptions(Name)) ?? SharedMeter;
}
