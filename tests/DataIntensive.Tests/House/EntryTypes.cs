using Microsoft.CodeAnalysis;

namespace DataIntensive.Tests.House;

/// <summary>The types by which each floor is entered: the last column of the design's table of floors, and what the testing kit offers.</summary>
internal static class EntryTypes
{
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>
    {
        "IStorage",
        "ICommitLog", "CommitLog", "LogPosition",
        "Database", "DatabaseTransaction",
        "ILinearizableStore",
        "ICheckpointStore",
        "IEventStore", "Decider", "Aggregate",
        "ICausalStore", "VectorClock",
        "IIdempotencyProcessor", "IdempotencyKey",
        "IChangeProducer", "IChangeConsumer", "IChangeSource", "ChangeEvent",
        "DataStream", "Windows", "Watermarks",
        "FaultyStorage", "HistoryRecorder", "ScheduleExplorer",
    };

    public static string[] Headings { get; } = ["Guarantee", "Order", "After a crash", "Thread safety", "Cost", "Not guaranteed"];

    /// <summary>
    /// Those that do something over time, and so can promise something. A value (a position, a key, a clock, an event) and a class of
    /// static factories have no crash and no order of their own.
    /// </summary>
    public static IEnumerable<INamedTypeSymbol> WithPromises(SourceCode code) =>
        code.PublicTypes.Where(type =>
            Names.Contains(type.Name)
            && type is { ContainingType: null, IsStatic: false, IsRecord: false, TypeKind: TypeKind.Interface or TypeKind.Class }
            && !IsValue(type));

    // A class that compares by what it holds, such as a vector clock, is a value too.
    private static bool IsValue(INamedTypeSymbol type) =>
        type.Interfaces.Any(implemented => implemented.Name == "IEquatable");
}
