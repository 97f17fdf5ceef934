namespace DataIntensive.Events;

// What of a fold of a stream is forgotten when a snapshot is written.
internal static class FoldSnapshotRetention
{
    // Those of the program before and of one more, so that an old and a new program may run side by side, and one be rolled back.
    private const int OtherStamps = 2;

    // Names with when they were written; the newest of the own stamp is among them.
    public static IEnumerable<string> Superseded(IEnumerable<(string Name, long Written)> all, string ownStamp, int kept)
    {
        List<IGrouping<string, (string Name, long Written)>> stamps =
            [.. all.GroupBy(entry => FoldSnapshotName.StampOf(entry.Name).ToString(), StringComparer.Ordinal)];
        foreach (string name in stamps.Where(stamp => stamp.Key == ownStamp).SelectMany(NewestFirst).Skip(kept))
        {
            yield return name;
        }

        IEnumerable<IGrouping<string, (string Name, long Written)>> others =
            stamps.Where(stamp => stamp.Key != ownStamp).OrderByDescending(stamp => stamp.Max(entry => entry.Written));
        int rank = 0;
        foreach (IGrouping<string, (string Name, long Written)> other in others)
        {
            foreach (string name in NewestFirst(other).Skip(rank++ < OtherStamps ? 1 : 0))
            {
                yield return name;
            }
        }
    }

    private static IEnumerable<string> NewestFirst(IEnumerable<(string Name, long Written)> stamp) =>
        stamp.Select(entry => entry.Name).OrderByDescending(FoldSnapshotName.VersionOf);
}
