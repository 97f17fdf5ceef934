using DataIntensive.Causal;

namespace DataIntensive.Tests.Causal;

/// <summary>What every <see cref="ICausalStore{TKey,TValue}"/> does, whatever stands behind it.</summary>
public abstract partial class CausalStoreContract : IAsyncLifetime
{
    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ICausalStore<string, int> A { get; set; } = null!;

    private ICausalStore<string, int> B { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        A = await OpenAsync("a");
        B = await OpenAsync("b");
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Read_AbsentKey_GivesNoValueAndTheClock()
    {
        VectorClock written = await A.WriteAsync("x", 1, cancellationToken: Stop);

        CausalRead<int> read = await A.ReadAsync("nobody", cancellationToken: Stop);

        read.Exists.Should().BeFalse();
        read.Values.Should().BeEmpty();
        read.Context.Should().Be(VectorClock.Empty);
        read.Clock.Should().Be(written);
    }

    [Fact]
    public async Task Write_ThenRead_GivesValueDotAndClock()
    {
        VectorClock written = await A.WriteAsync("x", 1, cancellationToken: Stop);

        CausalRead<int> read = await A.ReadAsync("x", cancellationToken: Stop);

        written.Should().Be(VectorClock.Parse("a:1"));
        read.Values.Should().Equal(1);
        read.Dots.Should().Equal(new Dot(A.Replica, 1));
        read.Clock.Should().Be(written);
        read.Context.Should().Be(written);
    }

    [Fact]
    public async Task Write_WithoutDependencies_ReplacesEverythingOfTheKeyHere()
    {
        await A.WriteAsync("x", 1, VectorClock.Empty, Stop);
        await A.WriteAsync("x", 2, VectorClock.Empty, Stop);
        await A.WriteAsync("other", 9, cancellationToken: Stop);
        (await ValuesAsync(A, "x")).Should().Equal(1, 2);

        VectorClock written = await A.WriteAsync("x", 3, cancellationToken: Stop);

        (await ValuesAsync(A, "x")).Should().Equal(3);
        (await ValuesAsync(A, "other")).Should().Equal(9);
        written.Should().Be(VectorClock.Parse("a:4"));
    }

    [Fact]
    public async Task Write_WithWhatItsWriterRead_ReplacesThatOnly()
    {
        await A.WriteAsync("x", 1, cancellationToken: Stop);
        CausalRead<int> first = await A.ReadAsync("x", cancellationToken: Stop);
        CausalRead<int> second = await A.ReadAsync("x", cancellationToken: Stop);

        await A.WriteAsync("x", 10, first.Clock, Stop);
        await A.WriteAsync("x", 20, second.Context, Stop);
        (await ValuesAsync(A, "x")).Should().Equal(10, 20);

        CausalRead<int> both = await A.ReadAsync("x", cancellationToken: Stop);
        await A.WriteAsync("x", 30, both.Context, Stop);
        (await ValuesAsync(A, "x")).Should().Equal(30);
    }

    [Fact]
    public async Task ConcurrentWritesOfTwoReplicas_AreSiblingsInTheSameOrderOnBoth()
    {
        await B.WriteAsync("x", 2, cancellationToken: Stop);
        await A.WriteAsync("x", 1, cancellationToken: Stop);

        await CausalReplication.ExchangeAsync(A, B, Stop);

        (await ValuesAsync(A, "x")).Should().Equal(1, 2);
        (await ValuesAsync(B, "x")).Should().Equal(1, 2);
        (await A.ReadAsync("x", cancellationToken: Stop)).Dots.Should().Equal((await B.ReadAsync("x", cancellationToken: Stop)).Dots);
    }

    [Fact]
    public async Task ManyWritesBesideWritesWithoutContext_KeepTwoSiblings()
    {
        VectorClock read = VectorClock.Empty;
        int most = 0;
        for (int i = 1; i <= 101; i++)
        {
            await A.WriteAsync("x", i, read, Stop);
            read = (await A.ReadAsync("x", cancellationToken: Stop)).Context;
            await A.WriteAsync("x", -i, VectorClock.Empty, Stop);
            most = Math.Max(most, (await ValuesAsync(A, "x")).Count);
        }

        most.Should().BeLessThanOrEqualTo(3);
        await A.WriteAsync("x", 102, read, Stop);
        (await ValuesAsync(A, "x")).Should().Equal(-101, 102);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InterleavedWritesOfTwoClientsThroughOneReplica_EndWithTwoSiblings(bool withClockOfTheWrite)
    {
        VectorClock[] contexts = [VectorClock.Empty, VectorClock.Empty];
        for (int i = 1; i <= 101; i++)
        {
            int client = i % 2;
            VectorClock written = await A.WriteAsync("x", i, contexts[client], Stop);
            contexts[client] = withClockOfTheWrite ? written : (await A.ReadAsync("x", cancellationToken: Stop)).Context;
            (await ValuesAsync(A, "x")).Count.Should().BeLessThanOrEqualTo(2);
        }

        (await ValuesAsync(A, "x")).Should().Equal(100, 101);
    }

    [Fact]
    public async Task Delete_RemovesTheValueAndIsAWriteOfItsOwn()
    {
        await A.WriteAsync("x", 1, cancellationToken: Stop);

        VectorClock deleted = await A.DeleteAsync("x", cancellationToken: Stop);

        deleted.Should().Be(VectorClock.Parse("a:2"));
        (await ValuesAsync(A, "x")).Should().BeEmpty();
        (await A.DeleteAsync("x", cancellationToken: Stop)).Should().Be(VectorClock.Parse("a:3"));
        StateOf(A).KeyCount.Should().Be(0, "a delete leaves nothing behind under its key");

        await A.WriteAsync("x", 2, cancellationToken: Stop);
        (await ValuesAsync(A, "x")).Should().Equal(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Delete_AgainstAConcurrentWrite_LeavesThatWriteOnBothReplicas(bool deleteArrivesFirst)
    {
        ICausalStore<string, int> c = await OpenAsync("c");
        await A.WriteAsync("x", 1, cancellationToken: Stop);
        await CausalReplication.ExchangeAsync(A, B, Stop);
        await CausalReplication.ExchangeAsync(A, c, Stop);
        await A.DeleteAsync("x", cancellationToken: Stop);
        await B.WriteAsync("x", 2, cancellationToken: Stop);

        await CausalReplication.ExchangeAsync(c, deleteArrivesFirst ? A : B, Stop);
        await CausalReplication.ExchangeAsync(c, deleteArrivesFirst ? B : A, Stop);
        await CausalReplication.ExchangeAsync(A, B, Stop);

        (await ValuesAsync(A, "x")).Should().Equal(2);
        (await ValuesAsync(B, "x")).Should().Equal(2);
        (await ValuesAsync(c, "x")).Should().Equal(2);
    }

    [Fact]
    public async Task ReadYourWrites_AtAnotherReplica_WaitsForThem()
    {
        VectorClock mine = await A.WriteAsync("x", 1, cancellationToken: Stop);

        Task<CausalRead<int>> reading = B.ReadAsync("x", mine, Stop).AsTask();
        reading.IsCompleted.Should().BeFalse();
        await CausalReplication.ExchangeAsync(A, B, Stop);

        (await reading).Values.Should().Equal(1);
    }

    [Fact]
    public async Task MonotonicReads_AtAnotherReplica_WaitForWhatWasRead()
    {
        await A.WriteAsync("x", 1, cancellationToken: Stop);
        await A.WriteAsync("x", 2, cancellationToken: Stop);
        IReadOnlyList<CausalUpdate<string, int>> updates = await A.UpdatesAfterAsync(default, cancellationToken: Stop);
        VectorClock seen = (await A.ReadAsync("x", cancellationToken: Stop)).Clock;

        Task<CausalRead<int>> reading = B.ReadAsync("x", seen, Stop).AsTask();
        await B.ReceiveAsync([updates[0]], Stop);
        (await ValuesAsync(B, "x")).Should().Equal(1);
        reading.IsCompleted.Should().BeFalse("what was read was newer");
        await B.ReceiveAsync([updates[1]], Stop);

        (await reading).Values.Should().Equal(2);
    }

    [Fact]
    public async Task Waiting_ForWritesOfTwoReplicas_EndsWithTheLastOfThem()
    {
        ICausalStore<string, int> c = await OpenAsync("c");
        VectorClock both = (await A.WriteAsync("x", 1, cancellationToken: Stop)).Merge(await B.WriteAsync("y", 2, cancellationToken: Stop));
        Task<CausalRead<int>> reading = c.ReadAsync("y", both, Stop).AsTask();
        Task<VectorClock> writing = c.WriteAsync("z", 3, both, Stop).AsTask();

        await CausalReplication.ExchangeAsync(A, c, Stop);
        StateOf(c).WaiterCount.Should().Be(2, "the write of b has not come");
        await CausalReplication.ExchangeAsync(B, c, Stop);

        (await reading).Values.Should().Equal(2);
        (await writing).Should().Be(VectorClock.Parse("a:1,b:1,c:1"));
        StateOf(c).WaiterCount.Should().Be(0);
    }

    [Fact]
    public async Task MonotonicWrites_ThroughTwoReplicas_ArriveInTheirOrder()
    {
        ICausalStore<string, int> c = await OpenAsync("c");
        VectorClock first = await A.WriteAsync("x", 1, cancellationToken: Stop);
        Task<VectorClock> writing = B.WriteAsync("y", 2, first, Stop).AsTask();
        writing.IsCompleted.Should().BeFalse("the first write has not come here");
        (await ValuesAsync(B, "y")).Should().BeEmpty();

        IReadOnlyList<CausalUpdate<string, int>> ofA = await A.UpdatesAfterAsync(default, cancellationToken: Stop);
        await B.ReceiveAsync(ofA, Stop);
        VectorClock second = await writing;
        second.Should().Be(VectorClock.Parse("a:1,b:1"));

        await c.ReceiveAsync(await B.UpdatesAfterAsync(VectorClock.Parse("a:1"), cancellationToken: Stop), Stop);
        (await ValuesAsync(c, "y")).Should().BeEmpty();
        await c.ReceiveAsync(ofA, Stop);
        (await ValuesAsync(c, "y")).Should().Equal(2);
    }

    [Fact]
    public async Task WritesFollowReads_AtAnotherReplica_WaitForWhatWasRead()
    {
        await A.WriteAsync("question", 1, cancellationToken: Stop);
        CausalRead<int> read = await A.ReadAsync("question", cancellationToken: Stop);

        Task<VectorClock> answering = B.WriteAsync("answer", 2, read.Context, Stop).AsTask();
        answering.IsCompleted.Should().BeFalse();
        await CausalReplication.ExchangeAsync(A, B, Stop);

        (await answering).Should().Be(VectorClock.Parse("a:1,b:1"));
        (await ValuesAsync(B, "question")).Should().Equal(1);
    }

    [Fact]
    public async Task Cancelling_StopsTheWaitingAndLeavesNothingBehind()
    {
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        VectorClock never = VectorClock.Parse("nobody:1");
        Task<CausalRead<int>> reading = A.ReadAsync("x", never, cancel.Token).AsTask();
        Task<VectorClock> writing = A.WriteAsync("x", 1, never, cancel.Token).AsTask();
        StateOf(A).WaiterCount.Should().Be(2);

        await cancel.CancelAsync();

        await reading.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        await writing.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        StateOf(A).WaiterCount.Should().Be(0);
        (await ValuesAsync(A, "x")).Should().BeEmpty();
        (await A.WriteAsync("x", 2, cancellationToken: Stop)).Should().Be(VectorClock.Parse("a:1"));
    }

    protected abstract ValueTask<ICausalStore<string, int>> OpenAsync(string replica, CausalStoreOptions? options = null);

    protected abstract ValueTask CloseAsync();

    private protected static async Task<IReadOnlyList<int>> ValuesAsync(ICausalStore<string, int> store, string key) =>
        (await store.ReadAsync(key, cancellationToken: Stop)).Values;

    private protected static CausalReplica<string, int> StateOf(ICausalStore<string, int> store) =>
        store is DatabaseCausalStore<string, int> durable ? durable.State : ((InMemoryCausalStore<string, int>)store).State;
}
