namespace DataIntensive.Testing;

// What is left after the end of the process or of the machine.
public sealed partial class FaultyStorage
{
    /// <summary>The most unflushed changes of which <see cref="AfterEveryPowerCut"/> gives all subsets: 16.</summary>
    public const int MostChangesForEveryPowerCut = 16;

    private const long PowerCutPurpose = -1;

    /// <summary>
    /// Returns a new storage, unlocked, with what is left if the process or the machine ends now. This one stays as it is, crashed
    /// or not, and can be asked again.
    /// </summary>
    /// <param name="kind">What ended.</param>
    /// <param name="next">
    /// The faults of the new storage; its seed decides what a power cut leaves. Null for no faults and this storage's seed.
    /// </param>
    /// <remarks>
    /// A power cut decides for each sector of each unflushed write, for each unflushed change of length, and for the unflushed creations
    /// and deletions of each name: there, not there, or torn at any byte. A file whose creation is lost is gone with all its content,
    /// one whose deletion is lost is back. <see cref="FaultyStorageReport.Cut"/> of the new storage counts what happened.
    /// </remarks>
    public FaultyStorage AfterCrash(CrashKind kind, FaultyStorageOptions? next = null)
    {
        FaultyStorageOptions options = next ?? new FaultyStorageOptions { Seed = _options.Seed };
        lock (_gate)
        {
            return kind switch
            {
                CrashKind.ProcessOnly => new FaultyStorage(options, _names.Copy(), default),
                CrashKind.PowerCut => AfterPowerCut_NeedsLock(options),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
            };
        }
    }

    /// <summary>
    /// Returns, one after the other, the storages that a power cut now could leave when every unflushed change is there or not: all
    /// subsets, the one without any first. Nothing else is torn.
    /// </summary>
    /// <param name="pieceBytes">Writes are taken apart at multiples of this, in bytes; default whole. 1 and above.</param>
    /// <param name="next">The faults of the new storages. Null for none and this storage's seed.</param>
    /// <exception cref="InvalidOperationException">There are more than <see cref="MostChangesForEveryPowerCut"/> pieces.</exception>
    public IEnumerable<FaultyStorage> AfterEveryPowerCut(int pieceBytes = int.MaxValue, FaultyStorageOptions? next = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceBytes);
        NameTable names;
        lock (_gate)
        {
            names = _names.Copy();
        }

        (FaultyFileState File, UnsyncedChange Change)[] pieces =
            [.. names.Reachable.SelectMany(file => file.Unsynced.SelectMany(change => change.Split(pieceBytes)).Select(piece => (file, piece)))];
        int count = names.Unsynced.Count + pieces.Length;
        return count <= MostChangesForEveryPowerCut
            ? Subsets(names, pieces, 1 << count, next ?? new FaultyStorageOptions { Seed = _options.Seed })
            : throw new InvalidOperationException($"{count} unflushed changes have too many subsets; {MostChangesForEveryPowerCut} are the most. Flush more often, or take {nameof(AfterCrash)} with several seeds.");
    }

    private static IEnumerable<FaultyStorage> Subsets(NameTable names, (FaultyFileState File, UnsyncedChange Change)[] pieces, int subsets, FaultyStorageOptions options)
    {
        for (int subset = 0; subset < subsets; subset++)
        {
            int chosen = subset;
            (string, FaultyFileState?)[] keptNames = [.. names.Unsynced.Where((_, i) => IsChosen(i))];
            (FaultyFileState File, UnsyncedChange Change)[] kept = [.. pieces.Where((_, i) => IsChosen(names.Unsynced.Count + i))];
            PowerCutReport cut = new(kept.Length, pieces.Length - kept.Length, 0, keptNames.Length, names.Unsynced.Count - keptNames.Length);
            NameTable left = names.AfterPowerCut(keptNames, file => file.AfterPowerCut(kept.Where(piece => piece.File == file).Select(piece => piece.Change)));
            yield return new FaultyStorage(options, left, cut);

            bool IsChosen(int bit) => (chosen & (1 << bit)) != 0;
        }
    }

    private FaultyStorage AfterPowerCut_NeedsLock(FaultyStorageOptions options)
    {
        SeededChoices choices = new(options.Seed, PowerCutPurpose);
        List<(string Name, FaultyFileState? File)> kept = [];
        foreach (IGrouping<string, (string Name, FaultyFileState? File)> changes in _names.Unsynced.GroupBy(change => change.Name))
        {
            // A folder's changes are recorded in order, so of one name there is always a beginning.
            kept.AddRange(changes.Take(choices.UpTo(changes.Count())));
        }

        PowerCutReport report = new(0, 0, 0, kept.Count, _names.Unsynced.Count - kept.Count);
        NameTable left = _names.AfterPowerCut(kept, file => file.AfterPowerCut(ref choices, ref report));
        return new FaultyStorage(options, left, report);
    }
}
