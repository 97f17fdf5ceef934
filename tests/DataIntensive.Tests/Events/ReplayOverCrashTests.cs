using DataIntensive.Testing;

namespace DataIntensive.Tests.Events;

/// <summary>A dead letter goes in the commit of the effect that its replay has: no crash stands between the two.</summary>
public sealed class ReplayOverCrashTests
{
    private const int Events = 3;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, CrashKind.ProcessOnly)]
    [InlineData(false, CrashKind.PowerCut)]
    [InlineData(true, CrashKind.ProcessOnly)]
    [InlineData(true, CrashKind.PowerCut)]
    public async Task AReplay_OverACrashAtAnyOperationOfTheDisk_LeavesTheEffectOrTheLetter(bool waits, CrashKind kind)
    {
        using FaultyStorage parked = new();
        await ParkAsync(parked, waits);
        HashSet<int> left = [];
        for (int at = 1; ; at++)
        {
            using FaultyStorage disk = parked.AfterCrash(CrashKind.ProcessOnly, new FaultyStorageOptions { Seed = (ulong)at, CrashAtOperation = at });
            try
            {
                await using Database database = await OpenAsync(disk);
                await SubscriptionOver(database, waits, isMended: true).ReplayParkedAsync(cancellationToken: Stop);
            }
            catch (Exception) when (disk.Report.CrashedAt is not null)
            {
                // What was under way may have happened or not.
            }

            using FaultyStorage next = disk.AfterCrash(kind);
            left.Add(await CheckAsync(next, waits, at));
            if (disk.Report.CrashedAt is null)
            {
                break;
            }
        }

        left.Should().BeEquivalentTo(Enumerable.Range(0, Events + 1), "crashes came before the first, between them, and behind the last");
    }

    private static async Task ParkAsync(FaultyStorage disk, bool waits)
    {
        await using Database database = await OpenAsync(disk);
        for (int i = 0; i < Events; i++)
        {
            await database.Events().AppendAsync("a", [new Counted(0, i)], Stop);
        }

        await SubscriptionOver(database, waits, isMended: false).RunToEndAsync(Stop);
    }

    // Gives how many letters there were.
    private static async Task<int> CheckAsync(FaultyStorage disk, bool waits, int at)
    {
        await using Database database = await OpenAsync(disk);
        EventSubscription subscription = SubscriptionOver(database, waits, isMended: true);
        List<ParkedEvent> letters = await subscription.ReadParkedAsync(cancellationToken: Stop).ToListAsync(Stop);
        IEnumerable<long> found = EffectsIn(database).Keys.Concat(letters.Select(letter => letter.Position.Value));
        found.Should().Equal(Enumerable.Range(1, Events).Select(position => (long)position), "an event has its effect or its letter after a crash at operation {0}", at);

        (await subscription.ReplayParkedAsync(cancellationToken: Stop)).Should().Be(new ReplayedEvents(letters.Count, Left: 0, Gone: 0));
        EffectsIn(database).Values.Should().Equal(Enumerable.Repeat(1, Events));
        return letters.Count;
    }

    private static SortedDictionary<long, int> EffectsIn(Database database) => new(database.Store<long, int>("effects").ReadAll().ToDictionary(entry => entry.Key, entry => entry.Value.Value));

    private static EventSubscription SubscriptionOver(Database database, bool waits, bool isMended)
    {
        SubscriptionOptions options = new() { Poison = PoisonEvents.Park };
        return waits
            ? EventSubscription.Create(
                database.Events(),
                database.Checkpoints(),
                "replayed",
                EventQuery.All,
                async (transaction, recorded, _) =>
                {
                    await Task.Yield();
                    Handle(transaction, recorded);
                },
                options)
            : EventSubscription.Create(database.Events(), database.Checkpoints(), "replayed", EventQuery.All, Handle, options);

        void Handle(DatabaseTransaction transaction, RecordedEvent recorded)
        {
            database.Store<long, int>("effects").In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
            if (!isMended)
            {
                throw new InvalidDataException("poison");
            }
        }
    }

    private static async Task<Database> OpenAsync(FaultyStorage disk) => await Database.OpenAsync(
        await CommitLog.OpenAsync(disk, cancellationToken: Stop),
        new DatabaseSchema().AddEvents(TestEvents.Map).AddStore<long, int>("effects").AddCheckpoints(),
        cancellationToken: Stop);
}
