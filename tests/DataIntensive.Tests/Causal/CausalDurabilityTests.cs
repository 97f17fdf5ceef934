namespace DataIntensive.Tests.Causal;

/// <summary>What a replica shows while its log has not made a commit durable yet, and when it never will.</summary>
public sealed class CausalDurabilityTests : IAsyncLifetime
{
    private readonly HeldCommitLog _log = new();
    private Database _database = null!;
    private DatabaseCausalStore<string, int> _store = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await Database.OpenAsync(_log, new DatabaseSchema().AddCausalStore<string, int>("numbers", new ReplicaId("a")), new DatabaseOptions { Durability = Durability.Os }, Stop);
        _store = _database.CausalStore<string, int>("numbers");
        await _store.WriteAsync("x", 1, cancellationToken: Stop);
        _log.Hold();
    }

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task WhatIsNotDurable_IsNeitherReadNorGivenToOthers()
    {
        Task<VectorClock> second = _store.WriteAsync("x", 2, cancellationToken: Stop).AsTask();
        Task<VectorClock> third = _store.WriteAsync("x", 3, cancellationToken: Stop).AsTask();
        CausalUpdate<string, int> received = new(Dot.Parse("b:1"), default, "y", 9, isDelete: false);
        Task<VectorClock> receiving = _store.ReceiveAsync([received], Stop).AsTask();
        Task<VectorClock> again = _store.ReceiveAsync([received], Stop).AsTask();
        Task<CausalRead<int>> waiting = _store.ReadAsync("x", VectorClock.Parse("a:2"), Stop).AsTask();

        _log.HeldCount.Should().Be(3, "the update that came twice is one record");
        _store.Read("x").Values.Should().Equal(1);
        _store.Read("y").Exists.Should().BeFalse();
        _store.Clock.Should().Be(VectorClock.Parse("a:1"));
        (await _store.UpdatesAfterAsync(default, cancellationToken: Stop)).Should().ContainSingle();
        new Task[] { second, third, receiving, again, waiting }.Should().OnlyContain(task => !task.IsCompleted);

        _log.Release();

        (await second).Should().Be(VectorClock.Parse("a:2"));
        (await third).Should().Be(VectorClock.Parse("a:3"), "counters are given on top of what is not durable yet");
        (await receiving).Contains(received.Dot).Should().BeTrue();
        (await again).Contains(received.Dot).Should().BeTrue();
        (await waiting).Clock.Contains(Dot.Parse("a:2")).Should().BeTrue();
        _store.Read("x").Values.Should().Equal(3);
        _log.Asked.Should().Equal([Durability.Disk], "what others may know must not be un-written, whatever the database's default");
        (await _store.UpdatesAfterAsync(default, cancellationToken: Stop)).Should().HaveCount(4);
    }

    [Fact]
    public async Task AFailedWrite_IsNeverShownAndEndsTheWaiting()
    {
        Task<VectorClock> writing = _store.WriteAsync("x", 2, cancellationToken: Stop).AsTask();
        Task<CausalRead<int>> waiting = _store.ReadAsync("x", VectorClock.Parse("b:1"), Stop).AsTask();

        _log.Release(new LogPoisonedException("test", new IOException("no more"), outcomeUnknown: true));

        await writing.Awaiting(task => task).Should().ThrowAsync<LogPoisonedException>();
        await waiting.Awaiting(task => task).Should().ThrowAsync<LogPoisonedException>();
        _store.Read("x").Values.Should().Equal(1);
        Func<Task> later = async () => await _store.ReadAsync("x", VectorClock.Parse("b:1"), Stop);
        await later.Should().ThrowAsync<LogPoisonedException>();
    }

    [Fact]
    public async Task Dispose_EndsTheWaiting()
    {
        Task<CausalRead<int>> reading = _store.ReadAsync("x", VectorClock.Parse("b:1"), Stop).AsTask();
        Task<VectorClock> writing = _store.WriteAsync("x", 2, VectorClock.Parse("b:1"), Stop).AsTask();

        await _database.DisposeAsync();

        await reading.Awaiting(task => task).Should().ThrowAsync<ObjectDisposedException>();
        await writing.Awaiting(task => task).Should().ThrowAsync<ObjectDisposedException>();
        Func<Task> later = async () => await _store.ReadAsync("x", VectorClock.Parse("b:1"), Stop);
        await later.Should().ThrowAsync<ObjectDisposedException>();
    }
}
