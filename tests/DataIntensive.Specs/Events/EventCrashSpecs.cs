using System.Collections.Concurrent;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Events;

/// <summary>
/// A process that dies, or loses its power, at any operation on the disk: within a frame, an index, a state snapshot, a checkpoint, a
/// compaction. Every acknowledged append is there once, of no other half is, and the store opens by itself. Each seed is small, so that
/// there can be many: 10,000 in the long form, of each kind.
/// </summary>
public sealed class EventCrashSpecs(ITestOutputHelper output)
{
    private const int Lives = 3;

    [Theory]
    [InlineData(CrashKind.ProcessOnly)]
    [InlineData(CrashKind.PowerCut)]
    public async Task AfterACrashAnywhere_WhatWasAcknowledgedIsThereOnce_AndNothingHalf(CrashKind kind)
    {
        int first = SpecRun.FirstSeed(output);
        int seeds = SpecRun.IsLong ? 10_000 : 60;
        ConcurrentBag<CrashedEvents> done = [];
        await Parallel.ForEachAsync(Enumerable.Range(first, seeds), TestContext.Current.CancellationToken, async (seed, _) =>
        {
            CrashedEvents events = new(seed);
            await events.RunAsync(kind, Lives);
            done.Add(events);
        });

        done.Count.Should().Be(seeds);
        output.WriteLine($"{seeds} seeds, {done.Sum(e => e.Crashes)} crashes, {done.Sum(e => e.CrashesAtOpening)} of them while opening; {done.Sum(e => e.Acknowledged)} batches acknowledged, {done.Sum(e => e.Unknown)} under way, of which {done.Sum(e => e.Survived)} are there; {done.Sum(e => e.FromSnapshot)} openings from a state snapshot, {done.Sum(e => e.Compactions)} compactions; {done.Sum(e => e.Archived)} archived streams found");
        done.Sum(e => e.Crashes).Should().BeGreaterThan(seeds);
        done.Sum(e => e.Unknown).Should().BeGreaterThan(seeds / 2, "some are under way when it crashes");
        done.Sum(e => e.FromSnapshot).Should().BeGreaterThan(seeds / 4);
        done.Sum(e => e.Archived).Should().BeGreaterThan(seeds / 4);
    }
}
