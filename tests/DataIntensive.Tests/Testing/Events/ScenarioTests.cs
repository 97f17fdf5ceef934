using DataIntensive.Testing;
using DataIntensive.Tests.Events;

namespace DataIntensive.Tests.Testing.Events;

public sealed class ScenarioTests
{
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddEvents(TestEvents.Map).AddStore<string, long>("sums").AddCheckpoints();

    private static DeciderScenario<Tally, int, Counted> Scenario => DeciderScenario.Of(Tally.Decider).Given(new Counted(0, 1), new Counted(0, 2));

    [Fact]
    public void Decider_WhenItGoesAsSaid_Passes()
    {
        Scenario.When(5).Then(new Counted(0, 5)).ThenState(tally => tally.Sum == 8, "the sum is 8");
        Scenario.Given(new Counted(0, 3)).When(0).ThenNothing().ThenState(tally => tally.Sum == 6, "the sum is 6");
        Scenario.When(-1).ThenThrows<InvalidOperationException>("the sum is 3").Message.Should().Contain("Not below zero");
        Scenario.State.Sum.Should().Be(3, "what was given in another scenario is not in this");
    }

    [Fact]
    public void Decider_OtherEvents_FailsAndShowsThem()
    {
        string message = Fails(() => Scenario.When(5).Then(new Counted(0, 6)));

        message.Should().Be(
            """
            The scenario went another way.
            Given 
              1. Counted { Writer = 0, Number = 1 }
              2. Counted { Writer = 0, Number = 2 }
            When 5
            Then expected 
              1. Counted { Writer = 0, Number = 6 }
            but came 
              1. Counted { Writer = 0, Number = 5 }   <- differs
            """);
        Fails(() => Scenario.When(5).Then()).Should().Contain("<- differs");
        Fails(() => Scenario.When(0).Then(new Counted(0, 1))).Should().Contain("but came nothing").And.Contain("1 too few");
        Fails(() => Scenario.When(5).ThenNothing()).Should().Contain("expected nothing");
    }

    [Fact]
    public void Decider_RefusedOrNot_FailsWhenItIsOtherwise()
    {
        Fails(() => Scenario.When(5).ThenThrows<InvalidOperationException>()).Should().Contain("expected InvalidOperationException").And.Contain("Number = 5");
        Fails(() => Scenario.When(-1).ThenThrows<ArgumentException>()).Should().Contain("but came InvalidOperationException: Not below zero");
        Fails(() => Scenario.When(-1).ThenThrows<InvalidOperationException>("something else")).Should().Contain("'something else'");
        Fails(() => Scenario.When(-1).Then(new Counted(0, 1))).Should().Contain("but came InvalidOperationException");
        Fails(() => Scenario.When(-1).ThenNothing()).Should().Contain("InvalidOperationException");
        Fails(() => Scenario.When(5).ThenState(tally => tally.Sum == 9, "the sum is 9")).Should().Contain("a state in which the sum is 9").And.Contain("Sum = 8");
        Fails(() => Scenario.When(-1).ThenState(_ => true, "anything")).Should().Contain("InvalidOperationException");
    }

    [Fact]
    public void Samples_WithTheirHashes_Pass_AndAnotherFoldUnderTheSameVersionFails()
    {
        string told = Fails(() => FoldSamples.Verify(Tally.Decider, Tally.Codec, 1, Sample("")));
        told.Should().Contain("three: ").And.Contain("<- new");
        string hash = told.Split("three: ")[1][..24];

        FoldSamples.Verify(Tally.Decider, Tally.Codec, 1, Sample(hash));
        Decider<Tally, int, Counted> other = Tally.Decider with { Evolve = (tally, counted) => Tally.Decider.Evolve(tally, counted) with { Count = 0 } };
        Fails(() => FoldSamples.Verify(other, Tally.Codec, 1, Sample(hash))).Should().Contain($"<- was {hash}").And.Contain("raise the version");
        Fails(() => FoldSamples.Verify(Tally.Decider, Tally.Codec, 2, Sample(hash))).Should().Contain("<- was");
        Fails(() => FoldSamples.Verify(Tally.Decider, Tally.Codec, 1, Enumerable.Empty<FoldSample<Counted>>())).Should().Contain("no sample");

        static FoldSample<Counted> Sample(string hash) => new("three", hash, [new Counted(0, 1), new Counted(0, 2), new Counted(0, 3)]);
    }

    [Fact]
    public async Task Subscription_ThatIsAGroupAndParks_IsTestedInTheSameWords()
    {
        await using SubscriptionScenario scenario = SubscriptionScenario.Of(Schema, database => EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "sums",
            EventQuery.OfType("counted"),
            (transaction, recorded, _) =>
            {
                int number = ((Counted)recorded.Data).Number;
                database.Store<string, long>("sums").In(transaction).Write(recorded.Stream.Value + recorded.Version, number);
                return number == 13 ? throw new IOException("unlucky") : ValueTask.CompletedTask;
            },
            new SubscriptionOptions { Members = 3, Poison = PoisonEvents.Park }));
        await scenario.GivenAsync("a", new Counted(0, 1), new Counted(0, 13), new Counted(0, 2));
        (await scenario.WhenAsync("b", new Counted(0, 4))).Then(Sum, 5L).Then(Parked, 2);
        (await scenario.WhenEverythingComesAgainAsync()).Then(Sum, 5L).Then(Parked, 2);

        static long Sum(Database database) => database.Store<string, long>("sums").ReadAll().Sum(entry => entry.Value.Value);

        static int Parked(Database database) => database.Checkpoints().ReadDeadLettersAsync().AsTask().Result.Count;
    }

    [Fact]
    public async Task Subscription_WhenItsEffectsAreOnce_Passes_AndFailsOtherwise()
    {
        int calls = 0;
        await using SubscriptionScenario scenario = SubscriptionScenario.Of(Schema, database => EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "sums",
            EventQuery.OfType("counted"),
            (transaction, recorded) =>
            {
                int number = ((Counted)recorded.Data).Number;
                if (number == 13)
                {
                    throw new IOException("unlucky");
                }

                calls++;
                database.Store<string, long>("sums").In(transaction).Write(recorded.Stream.Value + recorded.Version, number);
            }));
        await scenario.GivenAsync("a", new Counted(0, 1), new Noted("x"));
        (await scenario.WhenAsync("a", new Counted(0, 4))).Then(Sum, 5L).Then(_ => calls, 2);
        (await scenario.WhenEverythingComesAgainAsync()).Then(Sum, 5L).Then(_ => calls, 4);

        Fails(() => scenario.Then(Sum, 6L)).Should().Contain("expected 6").And.Contain("but came 5").And.Contain("a: Counted").And.Contain("everything comes again");
        (await scenario.Awaiting(s => s.WhenAsync("b", new Counted(0, 13))).Should().ThrowAsync<ScenarioException>()).Which.Message.Should().Contain("unlucky").And.Contain("position 4");

        static long Sum(Database database) => database.Store<string, long>("sums").ReadAll().Sum(entry => entry.Value.Value);
    }

    private static string Fails(Action scenario) => scenario.Should().Throw<ScenarioException>().Which.Message.ReplaceLineEndings("\n").TrimEnd('\n');
}
