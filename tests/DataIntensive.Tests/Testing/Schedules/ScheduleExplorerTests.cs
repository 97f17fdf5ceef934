using DataIntensive.Testing;

namespace DataIntensive.Tests.Testing.Schedules;

public sealed class ScheduleExplorerTests
{
    [Fact]
    public void LostUpdate_IsFoundAndReplayed()
    {
        ScheduleReport report = new ScheduleExplorer().Explore(LostUpdate);

        report.Outcome.Should().Be(ScheduleOutcome.Failed);
        report.Exception!.Message.Should().Be("the balance is 1");

        for (int i = 0; i < 3; i++)
        {
            ScheduleReport again = new ScheduleExplorer().Replay(report.Schedule, LostUpdate);
            again.Outcome.Should().Be(ScheduleOutcome.Failed);
            again.Exception!.Message.Should().Be("the balance is 1");
            again.Steps.Should().Equal(report.Steps);
        }
    }

    [Fact]
    public void LostUpdate_IsFoundByRandomSchedules_TheSameForTheSameSeed()
    {
        ScheduleExplorer explorer = new(new ScheduleExplorerOptions { Seed = 3 });

        ScheduleReport report = explorer.Explore(LostUpdate);
        ScheduleReport same = explorer.Explore(LostUpdate);

        report.Outcome.Should().Be(ScheduleOutcome.Failed);
        report.ToString().Should().Contain("seed 3").And.Contain(report.Schedule);
        (same.Schedule, same.Schedules).Should().Be((report.Schedule, report.Schedules));
        new ScheduleExplorer().Replay(report.Schedule, LostUpdate).Outcome.Should().Be(ScheduleOutcome.Failed);
    }

    [Fact]
    public void Deadlock_IsFoundAndReplayed()
    {
        ScheduleExplorer explorer = new(new ScheduleExplorerOptions { Patience = TimeSpan.Zero });

        ScheduleReport report = explorer.Explore(run => TwoLocks(run, inOneOrder: false));

        report.Outcome.Should().Be(ScheduleOutcome.Deadlocked);
        explorer.Replay(report.Schedule, run => TwoLocks(run, inOneOrder: false)).Outcome.Should().Be(ScheduleOutcome.Deadlocked);
    }

    [Fact]
    public void LocksInOneOrder_PassOnAllSchedules()
    {
        ScheduleReport report = new ScheduleExplorer().Explore(run => TwoLocks(run, inOneOrder: true));

        report.Outcome.Should().Be(ScheduleOutcome.Passed);
        report.IsComplete.Should().BeTrue();
    }

    // Two parts of three steps each can be interleaved in 6 over 3 ways.
    [Fact]
    public void AllSchedules_AreTriedOnce()
    {
        HashSet<string> orders = [];
        ScheduleReport report = new ScheduleExplorer().Explore(async run =>
        {
            string order = "";
            async Task Part(string name)
            {
                order += name;
                await Task.Yield();
                order += name;
                await Task.Yield();
                order += name;
            }

            Task both = Task.WhenAll(run.Start("a", () => Part("a")), run.Start("b", () => Part("b")));
            await both;
            orders.Add(order);
        });

        orders.Should().HaveCount(20);
        report.IsComplete.Should().BeTrue();
        report.Outcome.Should().Be(ScheduleOutcome.Passed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WorkElsewhere_IsTold(bool byConfigureAwait)
    {
        ScheduleExplorer explorer = new(new ScheduleExplorerOptions { Patience = TimeSpan.FromMinutes(1) });

        ScheduleReport report = explorer.Explore(async run =>
        {
            TaskCompletionSource opened = new();
            Task other = run.Start("other", async () =>
            {
                if (byConfigureAwait)
                {
                    await opened.Task.ConfigureAwait(false);
                }
                else
                {
                    await Task.Run(() => { });
                }
            });
            await Task.Yield();
            opened.SetResult();
            await other;
        });

        report.Outcome.Should().Be(ScheduleOutcome.LeftScheduler);
    }

    [Fact]
    public void Delays_TakeTheRunsClockAndNoTime()
    {
        List<string> seen = [];
        ScheduleReport report = new ScheduleExplorer().Explore(async run =>
        {
            seen.Clear();
            DateTimeOffset begin = run.Clock.GetUtcNow();
            async Task Wait(int hours)
            {
                await Task.Delay(TimeSpan.FromHours(hours), run.Clock);
                seen.Add($"{hours} at {(run.Clock.GetUtcNow() - begin).TotalHours}");
            }

            await Task.WhenAll(run.Start("late", () => Wait(5)), run.Start("early", () => Wait(2)));
        });

        report.Outcome.Should().Be(ScheduleOutcome.Passed);
        seen.Should().Equal("2 at 2", "5 at 5");
    }

    [Fact]
    public void TimersRace_LetsATimeoutComeFirst()
    {
        static async Task Scenario(ScheduledRun run)
        {
            bool isDone = false;
            Task work = run.Start("work", async () =>
            {
                await Task.Yield();
                isDone = true;
            });
            await Task.Delay(TimeSpan.FromHours(1), run.Clock);
            (isDone ? "done" : "timed out").Should().Be("done");
            await work;
        }

        new ScheduleExplorer().Explore(Scenario).Outcome.Should().Be(ScheduleOutcome.Passed);
        new ScheduleExplorer(new ScheduleExplorerOptions { TimersRace = true }).Explore(Scenario).Outcome.Should().Be(ScheduleOutcome.Failed);
    }

    [Fact]
    public void EndlessScenario_HasTooManySteps()
    {
        ScheduleReport report = new ScheduleExplorer(new ScheduleExplorerOptions { MaxSteps = 50 }).Explore(async _ =>
        {
            while (true)
            {
                await Task.Yield();
            }
        });

        report.Outcome.Should().Be(ScheduleOutcome.TooManySteps);
        report.Steps.Should().HaveCount(50);
    }

    [Fact]
    public void ManySchedules_AreBounded()
    {
        int runs = 0;
        ScheduleReport report = new ScheduleExplorer(new ScheduleExplorerOptions { MaxSchedules = 7 }).Explore(run =>
        {
            runs++;
            return Task.WhenAll(Enumerable.Range(0, 4).Select(i => run.Start($"{i}", async () => await Task.Yield())));
        });

        (report.Schedules, runs, report.IsComplete).Should().Be((7, 7, false));
    }

    [Fact]
    public void ScenarioThatDiffersFromRunToRun_IsRefused()
    {
        int runs = 0;
        Action explore = () => new ScheduleExplorer().Explore(run =>
            Task.WhenAll(Enumerable.Range(0, 2 + (runs++ % 2)).Select(i => run.Start($"{i}", async () => await Task.Yield()))));

        explore.Should().Throw<InvalidOperationException>().WithMessage("*not deterministic*");
    }

    [Theory]
    [InlineData("3/2")]
    [InlineData("x")]
    [InlineData("1")]
    public void Replay_OfNoSchedule_IsRefused(string schedule)
    {
        Action replay = () => new ScheduleExplorer().Replay(schedule, _ => Task.CompletedTask);

        replay.Should().Throw<FormatException>();
    }

    // What runs inside a step belongs to the test's thread afterwards as before.
    [Fact]
    public void Explore_LeavesTheCallersContextAsItWas()
    {
        SynchronizationContext? before = SynchronizationContext.Current;

        new ScheduleExplorer().Explore(LostUpdate);

        SynchronizationContext.Current.Should().BeSameAs(before);
    }

    private static async Task LostUpdate(ScheduledRun run)
    {
        int balance = 0;
        async Task Add()
        {
            int read = balance;
            await Task.Yield();
            balance = read + 1;
        }

        await Task.WhenAll(run.Start("a", Add), run.Start("b", Add));
        if (balance != 2)
        {
            throw new InvalidOperationException($"the balance is {balance}");
        }
    }

    private static async Task TwoLocks(ScheduledRun run, bool inOneOrder)
    {
        SemaphoreSlim first = new(1);
        SemaphoreSlim second = new(1);
        async Task Take(SemaphoreSlim one, SemaphoreSlim other)
        {
            await one.WaitAsync();
            await Task.Yield();
            await other.WaitAsync();
            other.Release();
            one.Release();
        }

        await Task.WhenAll(run.Start("a", () => Take(first, second)), run.Start("b", () => inOneOrder ? Take(first, second) : Take(second, first)));
    }
}
