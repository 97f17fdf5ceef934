using DataIntensive.Logs;

namespace DataIntensive.Tests.Changes;

public sealed class ChangeVisibilityTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhoIsToldOfAChange_SeesItsCommitInAStore()
    {
        LateLog log = new();
        await using Database database = await Database.OpenAsync(log, new DatabaseSchema().AddTable<int, int>("rows").AddStore<string, int>("store"), cancellationToken: Stop);
        DatabaseStore<string, int> store = database.Store<string, int>("store");
        Task<int> told = Task.Run(async () =>
        {
            await database.ChangeSource().ReadAsync(database.Visible, cancellationToken: Stop).FirstAsync(Stop);
            return store.Read("n").Value;
        });

        // The log has the commit, and readers can read it, some time before the database shows it.
        log.IsLate = true;
        Task writing = Task.Run(() => database.ExecuteAsync(
            transaction =>
            {
                store.In(transaction).Write("n", 1);
                database.Changes<int, int>("rows").In(transaction).Insert(1, 1);
            },
            cancellationToken: Stop).AsTask());
        await Task.WhenAny(told, Task.Delay(200, Stop));
        log.Release.Set();

        (await told).Should().Be(1);
        await writing;
    }

    private sealed class LateLog : ICommitLog
    {
        private readonly MemoryCommitLog _inner = new();

        public ManualResetEventSlim Release { get; } = new();

        public bool IsLate { get; set; }

        public LogRange Range => _inner.Range;

        public bool TryAppend(LogBatch batch, Durability durability, ILogCompletion completion, out LogPosition position) =>
            _inner.TryAppend(batch, durability, IsLate ? new Late(completion, Release) : completion, out position);

        public void Push(bool lead) => _inner.Push(lead);

        public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default) => _inner.WaitForRoomAsync(cancellationToken);

        public ValueTask TrimAsync(LogPosition before, CancellationToken cancellationToken = default) => _inner.TrimAsync(before, cancellationToken);

        public LogReader OpenReader(LogPosition after = default, Durability upTo = Durability.Disk) => _inner.OpenReader(after, upTo);

        public void Dispose() => _inner.Dispose();

        public ValueTask DisposeAsync() => _inner.DisposeAsync();

        private sealed class Late(ILogCompletion inner, ManualResetEventSlim release) : ILogCompletion
        {
            public void Complete(LogPosition position, Exception? failure)
            {
                release.Wait(Stop);
                inner.Complete(position, failure);
            }
        }
    }
}
