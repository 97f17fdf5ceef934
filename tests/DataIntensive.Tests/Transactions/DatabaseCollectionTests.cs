using System.Runtime.CompilerServices;
using DataIntensive.Events;
using DataIntensive.Tests.Events;

namespace DataIntensive.Tests.Transactions;

/// <summary>A closed database holds on to nothing, and nothing holds on to it.</summary>
public sealed class DatabaseCollectionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Database_ThatWasDisposed_IsCollected(bool inFiles)
    {
        WeakReference database = await UseAsync(inFiles);

        for (int attempt = 0; attempt < 50 && database.IsAlive; attempt++)
        {
            await Task.Delay(100, Stop);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }

        database.IsAlive.Should().BeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> UseAsync(bool inFiles)
    {
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, string>("items").AddEvents(TestEvents.Map).AddIdempotency().AddCheckpoints();
        Database database = inFiles ? await Database.OpenAsync(_directory.Path + "/database", schema, cancellationToken: Stop) : Database.InMemory(schema);
        await using (database)
        {
            await database.Store<string, string>("items").WriteAsync("a", "b", Stop);
            await database.Events().AppendAsync("c0-1", ExpectedVersion.Any, [new Counted(0, 1)], Stop);
            await database.Idempotency().ExecuteAsync(IdempotencyKey.Create("a"), _ => new ValueTask<int>(1), cancellationToken: Stop);
            EventSubscription subscription = EventSubscription.Create(database.Events(), database.Checkpoints(), "reader", EventQuery.All, (_, _) => ValueTask.CompletedTask);
            using CancellationTokenSource stop = new();
            Task running = subscription.RunAsync(stop.Token);
            await subscription.WaitForAsync(database.Events().Head, Stop);
            await stop.CancelAsync();
            await running.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        return new WeakReference(database);
    }
}
