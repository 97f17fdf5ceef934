namespace DataIntensive.Streams;

// The description of a stream up to a point: how to build it in front of a next stage, and what it is made of.
internal sealed record StreamPlan<TStage>(Func<TStage, StreamStart, StreamFeed> Connect, string Shape, bool HasPositions)
{
    public StreamPlan<TNext> Then<TNext>(string kind, Func<TNext, TStage> inFrontOf) =>
        new((next, start) => Connect(inFrontOf(next), start), $"{Shape}/{kind}", HasPositions);
}

// Where a run begins and ends.
internal readonly record struct StreamStart(LogPosition After, LogPosition? EndAfter, CancellationToken Stop);
