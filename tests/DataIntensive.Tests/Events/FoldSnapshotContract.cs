using CsCheck;
using DataIntensive.Events;

namespace DataIntensive.Tests.Events;

/// <summary>What kept states do, wherever they are kept.</summary>
public abstract class FoldSnapshotContract : IAsyncLifetime
{
    private protected WarningList Warnings { get; } = new();

    private protected SettableTime Time { get; } = new();

    private protected Database Database { get; set; } = null!;

    protected IFoldSnapshotStore Store { get; set; } = null!;

    private protected static DatabaseSchema Schema { get; } = new DatabaseSchema().AddEvents(TestEvents.Map).AddEvents(TestEvents.Map, "others").AddFoldSnapshots().AddFoldSnapshots();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private DatabaseEventStore Events => Database.Events();

    public async ValueTask InitializeAsync() => await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Load_ByAnyPolicy_IsWhatAFullReplayGives() =>
        await Gen.Select(Gen.Int[1, 60], Gen.Int[1, 12], Gen.Int[1, 4]).SampleAsync(
            async sample =>
            {
                (int events, int every, int kept) = sample;
                StreamId stream = $"s-{events}-{every}-{kept}";
                FoldSnapshots<Tally> snapshots = Snapshots(new FoldSnapshotOptions { EveryEvents = every, KeptPerStream = kept });
                DeciderRepository<Tally, int, Counted> repository = Repository(snapshots);
                for (long i = Events.Version(stream) + 1; i <= events; i++)
                {
                    await repository.HandleAsync(stream, (int)i, cancellationToken: Stop);
                }

                await repository.LoadAsync(stream, Stop);
                await snapshots.FlushAsync(Stop);
                DeciderRepository<Tally, int, Counted> fresh = Repository(Snapshots());
                DeciderRepository<Tally, int, Counted> plain = new(Events, Tally.Decider);
                (await fresh.LoadAsync(stream, Stop)).Should().Be(await plain.LoadAsync(stream, Stop));
                for (int version = 0; version <= events; version += 7)
                {
                    (await fresh.LoadAsync(stream, version, Stop)).Should().Be(await plain.LoadAsync(stream, version, Stop));
                }
            },
            iter: 40,
            threads: 1);

    [Fact]
    public async Task Load_WithASnapshot_FoldsOnlyWhatIsBehindIt()
    {
        await AppendAsync("a", 250);
        FoldSnapshots<Tally> snapshots = Snapshots();
        await Repository(snapshots).LoadAsync("a", Stop);
        await snapshots.FlushAsync(Stop);
        await AppendAsync("a", 3);

        (FoldedStream<Tally> loaded, int evolved) = await LoadCountedAsync(Snapshots());

        (loaded.Version, loaded.State.Count, evolved, snapshots.Written).Should().Be((253, 253, 3, 1));
    }

    [Fact]
    public async Task Load_AsOfAVersion_BeginsAtTheNewestSnapshotBeforeIt()
    {
        FoldSnapshots<Tally> snapshots = Snapshots(new FoldSnapshotOptions { EveryEvents = 10, KeptPerStream = 3 });
        DeciderRepository<Tally, int, Counted> repository = Repository(snapshots);
        for (int i = 1; i <= 45; i++)
        {
            await repository.HandleAsync("a", i, cancellationToken: Stop);
            await snapshots.FlushAsync(Stop);
        }

        int evolved = 0;
        DeciderRepository<Tally, int, Counted> counting = Counting(snapshots, () => evolved++);
        (await counting.LoadAsync("a", 35, Stop)).State.Count.Should().Be(35);
        evolved.Should().BeInRange(0, 9);
        evolved = 0;
        (await counting.LoadAsync("a", 5, Stop)).State.Count.Should().Be(5);
        evolved.Should().Be(5, "none that is kept stands before it");
    }

    [Fact]
    public async Task AnotherFoldVersionStateOrEvents_ReadsTheStreamAndKeepsItsOwn_SideBySide()
    {
        await AppendAsync("a", 120);
        FoldSnapshots<Tally> before = Snapshots();
        FoldSnapshots<Tally> after = Snapshots(foldVersion: 2);
        FoldSnapshots<Tally> otherCodec = new(Store, "tally", Codecs.Json("tally", TallyJson.Default.Tally, version: 2), 1);
        await Repository(before).LoadAsync("a", Stop);
        await before.FlushAsync(Stop);

        Decider<Tally, int, Counted> doubled = Tally.Decider with { Evolve = (tally, counted) => Tally.Decider.Evolve(tally, counted with { Number = 2 * counted.Number }) };
        (await new DeciderRepository<Tally, int, Counted>(Events, doubled, With(after)).LoadAsync("a", Stop)).State.Sum.Should().Be(2 * 7260);
        (await LoadCountedAsync(otherCodec)).Evolved.Should().Be(120);
        await after.FlushAsync(Stop);
        await otherCodec.FlushAsync(Stop);

        // By turns, as in a rolling deployment.
        for (int turn = 0; turn < 3; turn++)
        {
            (FoldedStream<Tally> old, int evolved) = await LoadCountedAsync(before);
            (old.State.Sum, evolved).Should().Be((7260, 0));
            (await new DeciderRepository<Tally, int, Counted>(Events, doubled, With(after)).LoadAsync("a", Stop)).State.Sum.Should().Be(2 * 7260);
        }

        (await LoadCountedAsync(otherCodec)).Evolved.Should().Be(0);
        (before.Written, after.Written).Should().Be((1, 1));
    }

    [Fact]
    public async Task AnotherEventOfTheFold_ChangesTheStamp_OneThatItNeverMeetsDoesNot()
    {
        EventTypes types = TypesOf(events => events.Map("counted", 1, TestEvents.Default.Counted));
        string stamp = FoldStamp.Of(Tally.Codec, 1, types, typeof(Counted));

        FoldStamp.Of(Tally.Codec, 1, TypesOf(events => events.Map("noted", 1, TestEvents.Default.Noted).Map("counted", 1, TestEvents.Default.Counted)), typeof(Counted)).Should().Be(stamp);
        FoldStamp.Of(Tally.Codec, 1, TypesOf(events => events.Map("counted", 2, TestEvents.Default.Counted)), typeof(Counted)).Should().NotBe(stamp);
        FoldStamp.Of(Tally.Codec, 1, TypesOf(events => events.Map("tallied", 1, TestEvents.Default.Counted)), typeof(Counted)).Should().NotBe(stamp);
        FoldStamp.Of(Tally.Codec, 1, TypesOf(events => events.Map("noted", 1, TestEvents.Default.Noted).Map("counted", 1, TestEvents.Default.Counted)), typeof(object)).Should().NotBe(stamp);
        FoldStamp.Of(Tally.Codec, 1, TypesOf(events => events.Map("noted", 1, TestEvents.Default.Noted).Map("counted", 1, TestEvents.Default.Counted).Upcast<Noted, Counted>(noted => new Counted(0, noted.Text.Length))), typeof(Counted)).Should().NotBe(stamp);
        FoldStamp.Of(Tally.Codec, 2, types, typeof(Counted)).Should().NotBe(stamp);
        await Task.CompletedTask;

        static EventTypes TypesOf(Action<EventMap> map)
        {
            using Database database = Database.InMemory(new DatabaseSchema().AddEvents(map));
            return database.Events().State.Types;
        }
    }

    [Fact]
    public async Task ACorruptSnapshot_IsPassedOverWithOneWarning_AndWrittenAnew()
    {
        await AppendAsync("a", 120);
        FoldSnapshots<Tally> snapshots = Snapshots();
        await Repository(snapshots).LoadAsync("a", Stop);
        await snapshots.FlushAsync(Stop);
        FoldSnapshotKey key = Key(snapshots);
        FoldSnapshot good = (await Store.ReadAsync(key, long.MaxValue, Stop))!;
        byte[] bad = good.Data.ToArray();
        bad[^3] ^= 1;
        await Store.SaveAsync(key, good with { Data = bad }, 2, Stop);

        (FoldedStream<Tally> loaded, int evolved) = await LoadCountedAsync(snapshots);
        await snapshots.FlushAsync(Stop);
        (loaded.State.Sum, evolved, snapshots.Ignored).Should().Be((7260, 120, 1));
        (await LoadCountedAsync(snapshots)).Evolved.Should().Be(0);
        Warnings.Messages.Should().ContainSingle().Which.Should().Contain("'tally'").And.Contain("'a'");

        await Store.SaveAsync(key, good with { Data = new byte[] { 1, 2 } }, 2, Stop);
        (await LoadCountedAsync(snapshots)).Evolved.Should().Be(120);
        await snapshots.FlushAsync(Stop);
    }

    [Fact]
    public async Task ASnapshotAheadOfItsStream_OrOfOneThatGrewDifferently_IsPassedOver()
    {
        // The events were restored from a backup, the snapshots were not.
        await AppendAsync("a", 120);
        FoldSnapshots<Tally> snapshots = Snapshots();
        await Repository(snapshots).LoadAsync("a", Stop);
        await snapshots.FlushAsync(Stop);
        await using Database restored = Database.InMemory(Schema, new DatabaseOptions { TimeProvider = Time });
        DeciderRepository<Tally, int, Counted> repository = new(restored.Events(), Tally.Decider, With(Snapshots()));
        await restored.Events().AppendAsync("a", ExpectedVersion.Any, Enumerable.Repeat(new Counted(0, 1), 50), Stop);

        (await repository.LoadAsync("a", Stop)).State.Sum.Should().Be(50);
        Time.Now = Time.Now.AddMinutes(1);
        await restored.Events().AppendAsync("a", ExpectedVersion.Any, Enumerable.Repeat(new Counted(0, 1), 100), Stop);
        (await repository.LoadAsync("a", Stop)).State.Sum.Should().Be(150);
        (await new DeciderRepository<Tally, int, Counted>(restored.Events(), Tally.Decider, With(Snapshots())).LoadAsync("a", Stop)).State.Sum.Should().Be(150);
    }

    [Fact]
    public async Task ASnapshotOfEventsThatAreHiddenSince_IsPassedOver()
    {
        await AppendAsync("a", 120);
        FoldSnapshots<Tally> snapshots = Snapshots();
        await Repository(snapshots).LoadAsync("a", Stop);
        await snapshots.FlushAsync(Stop);
        (await Events.AppendAsync(new EventBatch().Retain("a", new StreamRetention { KeepFrom = 119 }), Stop)).OrThrow();

        (await Repository(Snapshots()).LoadAsync("a", Stop)).State.Sum.Should().Be(119 + 120);
        (await Events.AppendAsync(new EventBatch().Delete("a"), Stop)).OrThrow();
        (await Repository(Snapshots()).LoadAsync("a", Stop)).State.Count.Should().Be(0);
    }

    [Fact]
    public async Task StoresTenantsStreamsAndFolds_HaveTheirOwn()
    {
        await AppendAsync("a", 120);
        FoldSnapshots<Tally> snapshots = Snapshots();
        await Repository(snapshots).LoadAsync("a", Stop);
        await snapshots.FlushAsync(Stop);

        FoldSnapshotKey key = Key(snapshots);
        (await Store.ReadAsync(key, 119, Stop)).Should().BeNull();
        (await Store.ReadAsync(key, 120, Stop))!.Version.Should().Be(120);
        (await Store.ReadAsync(key with { Store = "others" }, 120, Stop)).Should().BeNull();
        (await Store.ReadAsync(key with { Tenant = "x" }, 120, Stop)).Should().BeNull();
        (await Store.ReadAsync(key with { Stream = "b" }, 120, Stop)).Should().BeNull();
        (await Store.ReadAsync(key with { Fold = "other" }, 120, Stop)).Should().BeNull();
        (await Store.ReadAsync(key with { Stamp = "other" }, 120, Stop)).Should().BeNull();
        await Store.DeleteAsync(key, 120, Stop);
        (await Store.ReadAsync(key, 120, Stop)).Should().BeNull();
    }

    [Fact]
    public async Task Save_ForgetsWhatIsOfNoUse()
    {
        FoldSnapshotKey key = new("events", "", "a", "tally", "0");
        FoldSnapshot Of(long version) => new(version, new byte[] { (byte)version });
        foreach (string stamp in (string[])["1", "2", "3"])
        {
            await Store.SaveAsync(key with { Stamp = stamp }, Of(1), 2, Stop);
            await Store.SaveAsync(key with { Stamp = stamp }, Of(2), 2, Stop);
        }

        for (int version = 8; version <= 12; version++)
        {
            await Store.SaveAsync(key, Of(version), 2, Stop);
        }

        (await Kept("0", 10)).Should().BeNull();
        (await Kept("0", 11)).Should().Be(11);
        (await Kept("0", 99)).Should().Be(12);
        (await Kept("1", 99)).Should().BeNull("only the two other programs that wrote last are kept");
        (await Kept("2", 1)).Should().BeNull();
        ((await Kept("2", 99)), (await Kept("3", 99))).Should().Be((2, 2));

        async Task<long?> Kept(string stamp, long upTo) => (await Store.ReadAsync(key with { Stamp = stamp }, upTo, Stop))?.Version;
    }

    [Fact]
    public async Task ByTimeAndByEvent_TheStateIsKept()
    {
        FoldSnapshots<Tally> byTime = new(Store, "by-time", Tally.Codec, 1, new FoldSnapshotOptions { EveryEvents = null, Every = TimeSpan.FromHours(1) });
        FoldSnapshots<Tally> byEvent = new(Store, "by-event", Tally.Codec, 1, new FoldSnapshotOptions { EveryEvents = null, OnEvents = ["counted"] });
        FoldSnapshots<Tally> byOther = new(Store, "by-other", Tally.Codec, 1, new FoldSnapshotOptions { EveryEvents = null, OnEvents = ["noted"] });
        for (int minutes = 0; minutes < 150; minutes += 25)
        {
            await AppendAsync("a", 1);
            foreach (FoldSnapshots<Tally> snapshots in (FoldSnapshots<Tally>[])[byTime, byEvent, byOther])
            {
                await Repository(snapshots).LoadAsync("a", Stop);
                await snapshots.FlushAsync(Stop);
            }

            Time.Now = Time.Now.AddMinutes(25);
        }

        // At 0, 25, 50, 75 … minutes: the first that is an hour after the first event is the one at 75; the next would come at 150.
        (byTime.Written, byEvent.Written, byOther.Written).Should().Be((1, 6, 0));
    }

    [Fact]
    public async Task AStoreThatStandsStill_HoldsUpNobody()
    {
        await using BlockedSnapshotStore blocked = new();
        FoldSnapshots<Tally> snapshots = new(blocked, "tally", Tally.Codec, 1, new FoldSnapshotOptions { EveryEvents = 1, QueueLength = 3 });
        DeciderRepository<Tally, int, Counted> repository = Repository(snapshots);
        for (int i = 1; i <= 20; i++)
        {
            await repository.HandleAsync("a", i, cancellationToken: Stop);
        }

        (await repository.LoadAsync("a", Stop)).State.Sum.Should().Be(210);
        snapshots.Skipped.Should().BeGreaterThan(0);
        snapshots.Written.Should().Be(0);
        blocked.Release();
        await snapshots.FlushAsync(Stop);
        snapshots.Written.Should().BeInRange(1, 4);
    }

    [Fact]
    public async Task AStoreThatFails_CostsNothingButAWarning()
    {
        await using BlockedSnapshotStore failing = new(new IOException("The disk is gone."));
        FoldSnapshots<Tally> snapshots = new(failing, "tally", Tally.Codec, 1, new FoldSnapshotOptions { EveryEvents = 1, LoggerFactory = Warnings });
        failing.Release();
        DeciderRepository<Tally, int, Counted> repository = Repository(snapshots);
        await AppendAsync("a", 1);

        (await repository.LoadAsync("a", Stop)).State.Sum.Should().Be(1);
        await snapshots.FlushAsync(Stop);

        (snapshots.Skipped, snapshots.Written).Should().Be((1, 0));
        Warnings.Messages.Should().ContainSingle().Which.Should().Contain("'tally'");
    }

    private protected async Task AppendAsync(StreamId stream, int count)
    {
        int from = (int)Events.Version(stream);
        await Events.AppendAsync(stream, ExpectedVersion.Any, Enumerable.Range(from + 1, count).Select(number => new Counted(0, number)), Stop);
    }

    private protected FoldSnapshots<Tally> Snapshots(FoldSnapshotOptions? options = null, int foldVersion = 1) =>
        new(Store, "tally", Tally.Codec, foldVersion, options ?? new FoldSnapshotOptions { LoggerFactory = Warnings });

    private protected DeciderRepository<Tally, int, Counted> Repository(FoldSnapshots<Tally> snapshots) => new(Events, Tally.Decider, With(snapshots));

    private protected async Task<(FoldedStream<Tally> Loaded, int Evolved)> LoadCountedAsync(FoldSnapshots<Tally> snapshots)
    {
        int evolved = 0;
        FoldedStream<Tally> loaded = await Counting(snapshots, () => evolved++).LoadAsync("a", Stop);
        return (loaded, evolved);
    }

    private protected abstract ValueTask OpenAsync();

    protected abstract ValueTask CloseAsync();

    private static DeciderOptions<Tally> With(FoldSnapshots<Tally> snapshots) => new() { Snapshots = snapshots };

    private DeciderRepository<Tally, int, Counted> Counting(FoldSnapshots<Tally> snapshots, Action evolved) => new(
        Events,
        Tally.Decider with
        {
            Evolve = (tally, counted) =>
            {
                evolved();
                return Tally.Decider.Evolve(tally, counted);
            },
        },
        With(snapshots));

    private FoldSnapshotKey Key(FoldSnapshots<Tally> snapshots) =>
        new("events", "", "a", snapshots.Name, FoldStamp.Of(Tally.Codec, snapshots.FoldVersion, Events.State.Types, typeof(Counted)));
}
