using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DataIntensive.Diagnostics;

// One ActivitySource and one Meter, both named DataIntensive, for the whole library.
internal static class Telemetry
{
    public const string Name = "DataIntensive";

    public const string ExecuteActivity = "dataintensive.execute";
    public const string TransactActivity = "dataintensive.transact";
    public const string AppendActivity = "dataintensive.events.append";
    public const string LoadActivity = "dataintensive.events.load";
    public const string DecideActivity = "dataintensive.events.decide";
    public const string HandleActivity = "dataintensive.subscription.handle";
    public const string PositionTag = "dataintensive.position";
    public const string AttemptsTag = "dataintensive.attempts";
    public const string EventsTag = "dataintensive.events";
    public const string VersionTag = "dataintensive.version";
    public const string LoadedFromTag = "dataintensive.loaded_from";
    public const string EventPositionTag = "dataintensive.event_position";
    public const string EventNameTag = "dataintensive.event_name";
    public const string SubscriptionTag = "dataintensive.subscription";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter SharedMeter = new(Name);

    public static Meter MeterOf(IMeterFactory? factory) => factory?.Create(new MeterOptions(Name)) ?? SharedMeter;
}
