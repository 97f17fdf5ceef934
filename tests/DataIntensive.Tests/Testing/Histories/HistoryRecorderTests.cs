using DataIntensive.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Testing.Histories;

public sealed class HistoryRecorderTests
{
    [Fact]
    public void Operations_AreKeptInTheOrderOfTheirCalls()
    {
        HistoryRecorder recorder = new();
        HistoryProcess a = recorder.StartProcess();
        HistoryProcess b = recorder.StartProcess();

        b.Call("write", "x", 1);
        a.Call("read", "x");
        b.Return();
        a.Return(1);
        a.Call("read", "y");
        a.Fail();

        recorder.ToHistory().Operations.Select(operation => $"{operation.CalledAt} {operation.ReturnedAt} {operation}").Should().Equal(
            "1 3 process 1: write \"x\" 1",
            "2 4 process 0: read \"x\" → 1");
    }

    [Fact]
    public void Unknown_GoesOnUnderANewId()
    {
        HistoryRecorder recorder = new();
        HistoryProcess process = recorder.StartProcess();

        process.Call("write", argument: 1);
        process.Unknown();
        process.Call("write", argument: 2);
        process.Return();
        process.Call("read");
        process.Restart();
        process.Call("read");

        History history = recorder.ToHistory();
        history.Operations.Select(operation => (operation.Process, operation.Outcome)).Should().Equal(
            (0, HistoryOutcome.Unknown), (1, HistoryOutcome.Returned), (1, HistoryOutcome.Unknown), (2, HistoryOutcome.Unknown));
    }

    [Fact]
    public void WithAClock_StampsAreNanoseconds()
    {
        FakeTimeProvider time = new();
        HistoryRecorder recorder = new(new HistoryRecorderOptions { TimeProvider = time });
        HistoryProcess process = recorder.StartProcess();

        time.Advance(TimeSpan.FromMilliseconds(1));
        process.Call("read");
        time.Advance(TimeSpan.FromMilliseconds(2));
        process.Return(1);

        HistoryOperation read = recorder.ToHistory().Operations.Should().ContainSingle().Which;
        (read.CalledAt, read.ReturnedAt).Should().Be((1_000_000, 3_000_000));
    }

    [Fact]
    public void Misuse_IsRefused()
    {
        HistoryProcess process = new HistoryRecorder(new HistoryRecorderOptions { MaxOperationsPerProcess = 2 }).StartProcess();

        process.Invoking(p => p.Return()).Should().Throw<InvalidOperationException>().WithMessage("*no open operation*");
        process.Call("read");
        process.Invoking(p => p.Call("write")).Should().Throw<InvalidOperationException>().WithMessage("*write while its read is open*");
        process.Return();
        process.Call("read");
        process.Return();
        process.Invoking(p => p.Call("read")).Should().Throw<InvalidOperationException>().WithMessage("*as many as it may*");
    }

    [Fact]
    public void HotLoop_AllocatesNothingButItsBuffer()
    {
        HistoryProcess process = new HistoryRecorder().StartProcess();
        for (int i = 0; i < 1025; i++)
        {
            process.Call("write", i, i);
            process.Return();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            process.Call("write", i, i);
            process.Return(i);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    // What one thread saw return before another called must have the lower stamp; a counter that is handed over shows whether.
    [Fact]
    public async Task ManyThreads_KeepRealTime()
    {
        HistoryRecorder recorder = new();
        int shared = 0;
        Task[] threads = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            HistoryProcess process = recorder.StartProcess();
            for (int i = 0; i < 5_000; i++)
            {
                process.Call("increment");
                process.Return(Interlocked.Increment(ref shared));
            }
        }))];
        await Task.WhenAll(threads);

        History history = recorder.ToHistory();

        history.Operations.Should().HaveCount(20_000);
        long latestCallOfLower = 0;
        foreach (HistoryOperation operation in history.Operations.OrderBy(operation => operation.Result.TryGetNumber(out long number) ? number : 0))
        {
            operation.ReturnedAt.Should().BeGreaterThan(latestCallOfLower);
            latestCallOfLower = Math.Max(latestCallOfLower, operation.CalledAt);
        }
    }
}
