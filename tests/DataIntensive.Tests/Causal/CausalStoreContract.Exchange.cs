using CsCheck;
using DataIntensive.Causal;

namespace DataIntensive.Tests.Causal;

public abstract partial class CausalStoreContract
{
    /// <summary>How many random runs are made.</summary>
    protected abstract long RandomRuns { get; }

    [Fact]
    public async Task Receive_BeforeWhatItDependsOn_BuffersUntilThatIsThere()
    {
        await A.WriteAsync("x", 1, cancellationToken: Stop);
        await CausalReplication.ExchangeAsync(A, B, Stop);
        await B.WriteAsync("y", 2, cancellationToken: Stop);
        await B.WriteAsync("z", 3, VectorClock.Empty, Stop);
        IReadOnlyList<CausalUpdate<string, int>> all = await B.UpdatesAfterAsync(default, cancellationToken: Stop);
        all.Select(update => update.Dot.ToString()).Should().Equal("a:1", "b:1", "b:2");
        ICausalStore<string, int> c = await OpenAsync("c");

        (await c.ReceiveAsync([all[2]], Stop)).Should().Be(VectorClock.Empty, "b:1 comes before b:2, whatever that depends on");
        (await c.ReceiveAsync([all[1]], Stop)).Should().Be(VectorClock.Empty, "b:1 depends on a:1");
        BufferedOf(c).Should().Be(2);
        (await ValuesAsync(c, "y")).Should().BeEmpty();
        (await c.ReceiveAsync([all[0]], Stop)).Should().Be(VectorClock.Parse("a:1,b:2"));

        BufferedOf(c).Should().Be(0);
        (await ValuesAsync(c, "y")).Should().Equal(2);
        (await ValuesAsync(c, "z")).Should().Equal(3);
        (await c.UpdatesAfterAsync(default, cancellationToken: Stop)).Should().Equal(all);
    }

    [Fact]
    public async Task Receive_TheSameAgain_ChangesNothing()
    {
        await A.WriteAsync("x", 1, VectorClock.Empty, Stop);
        await A.WriteAsync("x", 2, VectorClock.Empty, Stop);
        IReadOnlyList<CausalUpdate<string, int>> all = await A.UpdatesAfterAsync(default, cancellationToken: Stop);

        await B.ReceiveAsync([all[1], all[1]], Stop);
        await B.ReceiveAsync([all[1]], Stop);
        BufferedOf(B).Should().Be(1);
        await B.ReceiveAsync([all[0], all[1], all[0]], Stop);
        VectorClock clock = await B.ReceiveAsync(all, Stop);

        clock.Should().Be(VectorClock.Parse("a:2"));
        (await ValuesAsync(B, "x")).Should().Equal(1, 2);
        (await B.UpdatesAfterAsync(default, cancellationToken: Stop)).Should().Equal(all);
    }

    [Fact]
    public async Task Receive_MoreThanTheBufferTakes_IsRefusedAndWhatCouldBeAppliedStays()
    {
        ICausalStore<string, int> c = await OpenAsync("c", new CausalStoreOptions { MaxBufferedUpdates = 2 });
        for (int i = 1; i <= 6; i++)
        {
            await A.WriteAsync("x", i, cancellationToken: Stop);
        }

        IReadOnlyList<CausalUpdate<string, int>> all = await A.UpdatesAfterAsync(default, cancellationToken: Stop);
        await c.ReceiveAsync([all[5]], Stop);

        Func<Task> tooMany = async () => await c.ReceiveAsync([all[0], all[2], all[3]], Stop);
        (await tooMany.Should().ThrowAsync<CausalBufferFullException>()).Which.Limit.Should().Be(2);
        BufferedOf(c).Should().Be(1);
        (await ValuesAsync(c, "x")).Should().Equal(1);

        await c.ReceiveAsync(all, Stop);
        BufferedOf(c).Should().Be(0);
        (await ValuesAsync(c, "x")).Should().Equal(6);
    }

    [Theory]
    [InlineData("a:2", "")]
    [InlineData("b:1", "a:2")]
    public async Task Receive_OfAnOwnWriteThatWasNeverMade_IsRefused(string dot, string dependencies)
    {
        await A.WriteAsync("x", 1, cancellationToken: Stop);
        CausalUpdate<string, int> foreign = new(Dot.Parse(dot), VectorClock.Parse(dependencies), "x", 7, isDelete: false);
        CausalUpdate<string, int> fine = new(Dot.Parse("c:1"), default, "x", 8, isDelete: false);

        Func<Task> receiving = async () => await A.ReceiveAsync([fine, foreign], Stop);

        (await receiving.Should().ThrowAsync<ReplicaIdReusedException>()).Which.Unknown.Should().Be(Dot.Parse("a:2"));
        (await ValuesAsync(A, "x")).Should().Equal(1);
        BufferedOf(A).Should().Be(0);
    }

    [Fact]
    public async Task UpdatesAfter_GivesCausesFirstUpToTheLimit()
    {
        await A.WriteAsync("x", 1, cancellationToken: Stop);
        await CausalReplication.ExchangeAsync(A, B, Stop);
        await B.WriteAsync("y", 2, cancellationToken: Stop);
        await CausalReplication.ExchangeAsync(A, B, Stop);
        await A.WriteAsync("z", 3, cancellationToken: Stop);

        (await DotsAsync("", 10)).Should().Equal("a:1", "b:1", "a:2");
        (await DotsAsync("", 2)).Should().Equal("a:1", "b:1");
        (await DotsAsync("a:1", 10)).Should().Equal("b:1", "a:2");
        (await DotsAsync("a:2,b:1,c:9", 10)).Should().BeEmpty();
        Func<Task> none = async () => await A.UpdatesAfterAsync(default, 0, Stop);
        await none.Should().ThrowAsync<ArgumentOutOfRangeException>();

        async Task<IEnumerable<string>> DotsAsync(string seen, int limit) =>
            (await A.UpdatesAfterAsync(VectorClock.Parse(seen), limit, Stop)).Select(update => update.Dot.ToString());
    }

    [Fact]
    public async Task UpdatesAfter_WhatIsNoLongerKept_IsToldApart()
    {
        ICausalStore<string, int> c = await OpenAsync("c", new CausalStoreOptions { MaxKeptUpdates = 3 });
        for (int i = 1; i <= 5; i++)
        {
            await c.WriteAsync("x", i, cancellationToken: Stop);
        }

        Func<Task> tooOld = async () => await c.UpdatesAfterAsync(VectorClock.Parse("c:1"), cancellationToken: Stop);
        (await tooOld.Should().ThrowAsync<CausalHistoryGoneException>()).Which.Forgotten.Should().Be(VectorClock.Parse("c:2"));
        (await c.UpdatesAfterAsync(VectorClock.Parse("c:2"), cancellationToken: Stop)).Select(update => update.Value).Should().Equal(3, 4, 5);
    }

    [Fact]
    public async Task Exchange_OfMoreThanOneBatch_BringsBothUpToDate()
    {
        List<CausalUpdate<string, int>> many = [];
        for (int i = 1; i <= 2500; i++)
        {
            many.Add(new CausalUpdate<string, int>(new Dot(new ReplicaId("c"), i), default, $"key {i}", i, isDelete: false));
        }

        await A.ReceiveAsync(many, Stop);
        await B.WriteAsync("mine", 1, cancellationToken: Stop);

        await CausalReplication.ExchangeAsync(A, B, Stop);

        (await B.ReceiveAsync([], Stop)).Should().Be(VectorClock.Parse("b:1,c:2500"));
        (await A.ReceiveAsync([], Stop)).Should().Be(VectorClock.Parse("b:1,c:2500"));
        (await ValuesAsync(B, "key 2500")).Should().Equal(2500);
        (await ValuesAsync(A, "mine")).Should().Equal(1);
        Func<Task> withItself = () => CausalReplication.ExchangeAsync(A, A, Stop);
        await withItself.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task WhileWritesAndExchangesRun_NoReaderSeesAnEffectBeforeItsCause()
    {
        const int last = 60;
        Task writing = Task.Run(
            async () =>
            {
                for (int i = 1; i <= last; i++)
                {
                    await A.WriteAsync("cause", i, cancellationToken: Stop);
                    await A.WriteAsync("effect", i, cancellationToken: Stop);
                }
            },
            Stop);
        Task exchanging = Task.Run(
            async () =>
            {
                do
                {
                    await CausalReplication.ExchangeAsync(A, B, Stop);
                }
                while (!writing.IsCompleted);
                await CausalReplication.ExchangeAsync(A, B, Stop);
            },
            Stop);

        int effect;
        do
        {
            effect = (await ValuesAsync(B, "effect")).SingleOrDefault();
            (await ValuesAsync(B, "cause")).SingleOrDefault().Should().BeGreaterThanOrEqualTo(effect);
            if (exchanging.IsFaulted || writing.IsFaulted)
            {
                break;
            }

            await Task.Yield();
        }
        while (effect < last);

        await writing;
        await exchanging;
        effect.Should().Be(last);
    }

    [Fact]
    public async Task RandomRuns_OfThreeReplicas_KeepCausesBeforeEffectsAndConverge()
    {
        int run = 0;
        await Gen.Int[0, 5].Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, int.MaxValue], (kind, replica, key, client, choice) => new CausalRun.Step(kind, replica, key, client, choice))
            .Array[1, 40]
            .SampleAsync(
                async steps =>
                {
                    int number = Interlocked.Increment(ref run);
                    CausalRun world = new([await OpenAsync($"p{number}"), await OpenAsync($"q{number}"), await OpenAsync($"r{number}")], Stop);
                    foreach (CausalRun.Step step in steps)
                    {
                        await world.DoAsync(step);
                        await world.CheckAsync();
                    }

                    await world.ConvergeAsync();
                },
                iter: RandomRuns,
                threads: 1);
        run.Should().BeGreaterThanOrEqualTo((int)RandomRuns);
    }

    private static int BufferedOf(ICausalStore<string, int> store) =>
        store is DatabaseCausalStore<string, int> durable ? durable.BufferedUpdates : ((InMemoryCausalStore<string, int>)store).BufferedUpdates;
}
