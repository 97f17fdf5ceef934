using DataIntensive.CrashHost;
using DataIntensive.Specs.Logs;

namespace DataIntensive.Specs.Events;

/// <summary>
/// A process whose group handles events is killed with SIGKILL again and again: each event has its effect once or a dead letter, each key is
/// handled in order up to its first poison, and the checkpoint never goes back.
/// </summary>
public sealed class GroupKillSpecs(ITestOutputHelper output) : IDisposable
{
    private const int Writers = 4;
    private const int LivesOfAFolder = 6;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataintensive-kill-");
    private int _underWay;
    private int _aheadOfCheckpoint;
    private int _handled;
    private int _parked;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task EveryEventIsHandledOrParkedOnceHoweverOftenItsProcessIsKilled()
    {
        int seed = SpecRun.FirstSeed(output);
        Random random = new(seed);
        int wantedKills = SpecRun.IsLong ? 120 : 12;
        CrashFolder folder = null!;
        LogPosition checkpoint = default;
        for (int kill = 0; kill < wantedKills; kill++)
        {
            int life = kill % LivesOfAFolder;
            if (life == 0)
            {
                folder = new CrashFolder(Path.Combine(_folder.FullName, $"{kill}"), "group", (ulong)(seed + kill), Writers);
                checkpoint = default;
            }

            // One of a folder's lives falls into start and recovery.
            await (life == 3
                ? folder.LiveAsync(0, TimeSpan.FromMilliseconds(random.Next(250)), Stop)
                : folder.LiveAsync(1 + random.Next(150), TimeSpan.FromMilliseconds(random.Next(10)), Stop));
            await using Database database = await Database.OpenAsync(random.Next(3) == 0 ? folder.Path : folder.Copy(), GroupLife.MakeSchema(), GroupLife.Options, Stop);
            checkpoint = await CheckAsync(database, folder, checkpoint);
            if (life == LivesOfAFolder - 1 || kill == wantedKills - 1)
            {
                await CheckToEndAsync(database);
            }
        }

        output.WriteLine($"{wantedKills} kills, {_underWay} amid events in flight, {_aheadOfCheckpoint} with effects ahead of the checkpoint; {_handled} events handled, {_parked} parked");
        _underWay.Should().BeGreaterThan(wantedKills / 3, "kills must hit members at work");
        _aheadOfCheckpoint.Should().BeGreaterThan(wantedKills / 3, "and effects of which only their marks tell");
        _handled.Should().BeGreaterThan(_parked).And.BeGreaterThan(wantedKills);
        _parked.Should().BeGreaterThan(wantedKills / 3, "events must be parked");
    }

    // What may have happened by now: some of it, nothing twice, nothing passed over.
    private async Task<LogPosition> CheckAsync(Database database, CrashFolder folder, LogPosition before)
    {
        LogPosition checkpoint = GroupLife.CheckpointIn(database);
        checkpoint.Should().BeGreaterThanOrEqualTo(before).And.BeGreaterThanOrEqualTo(new LogPosition(folder.Acknowledged.Values.DefaultIfEmpty().Max()), "it was there when a commit was acknowledged");
        List<RecordedEvent> events = await database.Events().ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop);
        CheckEvents(events, folder);
        Dictionary<long, int> effects = GroupLife.EffectsIn(database);
        Dictionary<LogPosition, DeadLetter> letters = await LettersAsync(database);
        bool isAnyOpen = false;
        bool isUnderWay = false;
        bool isAhead = false;
        foreach (RecordedEvent recorded in events)
        {
            (int Effects, bool IsParked) found = (effects.GetValueOrDefault(recorded.Position.Value), letters.ContainsKey(recorded.LogPosition));
            bool isOpen = found == (0, false);
            if (!isOpen || recorded.LogPosition <= checkpoint)
            {
                found.Should().BeOneOf([(1, false), (0, true)], "event {0} is handled or parked, once; the checkpoint is at {1}", recorded.LogPosition, checkpoint);
            }

            isUnderWay |= isAnyOpen && !isOpen;
            isAnyOpen |= isOpen;
            isAhead |= found.Effects > 0 && recorded.LogPosition > checkpoint;
        }

        CheckKeys(database, events, letters, isAtEnd: false);
        _underWay += isUnderWay ? 1 : 0;
        _aheadOfCheckpoint += isAhead ? 1 : 0;
        return checkpoint;
    }

    // Everything is handled or parked in the end, and what is parked is handled when its handler is mended.
    private async Task CheckToEndAsync(Database database)
    {
        await GroupLife.GroupOf(database, isMended: false).RunToEndAsync(Stop);
        List<RecordedEvent> events = await database.Events().ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop);
        Dictionary<LogPosition, DeadLetter> letters = await LettersAsync(database);
        CheckKeys(database, events, letters, isAtEnd: true);
        _handled += events.Count - letters.Count;
        _parked += letters.Count;

        (await GroupLife.GroupOf(database, isMended: true).ReplayParkedAsync(cancellationToken: Stop)).Should().Be(new ReplayedEvents(letters.Count, Left: 0, Gone: 0));
        GroupLife.EffectsIn(database).Should().Equal(events.ToDictionary(recorded => recorded.Position.Value, _ => 1));
        foreach (IGrouping<string, CrashEvent> key in ByKey(events))
        {
            GroupLife.OrderIn(database, key.Key).Should().Equal(key.Select(GroupLife.PlaceOf));
        }

        (await LettersAsync(database)).Should().BeEmpty();
    }

    // Every batch is there once, and none that was acknowledged is missing.
    private static void CheckEvents(List<RecordedEvent> events, CrashFolder folder)
    {
        long[] last = new long[Writers];
        foreach (IGrouping<(int Writer, long Sequence), CrashEvent> batch in events.Select(recorded => (CrashEvent)recorded.Data).GroupBy(written => (written.Writer, written.Sequence)))
        {
            batch.Key.Sequence.Should().Be(++last[batch.Key.Writer]);
            batch.Select(written => written.Index).Should().Equal(Enumerable.Range(0, new CrashCommit(folder.Seed, batch.Key.Writer, batch.Key.Sequence).Records));
        }

        folder.Continue(last, _ => 1);
    }

    // A key is handled up to its first poison, and parked from there; on the way there as far as it has come.
    private static void CheckKeys(Database database, List<RecordedEvent> events, Dictionary<LogPosition, DeadLetter> letters, bool isAtEnd)
    {
        ILookup<string, string> parked = events.Where(recorded => letters.ContainsKey(recorded.LogPosition)).Select(recorded => (CrashEvent)recorded.Data).ToLookup(GroupLife.KeyOf, GroupLife.PlaceOf);
        foreach (IGrouping<string, CrashEvent> key in ByKey(events))
        {
            string[] sound = [.. key.TakeWhile(written => !GroupLife.IsPoison(written)).Select(GroupLife.PlaceOf)];
            string[] rest = [.. key.Skip(sound.Length).Select(GroupLife.PlaceOf)];
            string[] handled = GroupLife.OrderIn(database, key.Key);
            handled.Should().Equal(sound.Take(isAtEnd || parked[key.Key].Any() ? sound.Length : handled.Length), "key {0} is handled in order up to its first poison", key.Key);
            parked[key.Key].Should().Equal(rest.Take(isAtEnd ? rest.Length : parked[key.Key].Count()), "key {0} is parked from its first poison on", key.Key);
        }

        letters.Values.Where(letter => letter.Attempts is not (0 or 2)).Should().BeEmpty("an event is tried twice, or waits behind one that was");
        letters.Values.Where(letter => !letter.IsBehind).Should().OnlyHaveUniqueItems(letter => letter.Key, "the others of a key are only behind it");
    }

    private static IEnumerable<IGrouping<string, CrashEvent>> ByKey(List<RecordedEvent> events) => events.Select(recorded => (CrashEvent)recorded.Data).GroupBy(GroupLife.KeyOf);

    private static async Task<Dictionary<LogPosition, DeadLetter>> LettersAsync(Database database) =>
        (await database.Checkpoints().ReadDeadLettersAsync(maxCount: 100_000, cancellationToken: Stop)).ToDictionary(letter => letter.Position);
}
