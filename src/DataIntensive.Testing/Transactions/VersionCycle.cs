namespace DataIntensive.Testing;

// A circle in the order of the versions of one key, by depth-first search without recursion.
internal static class VersionCycle
{
    public static List<int>? Find(Dictionary<int, SortedSet<int>>[] after)
    {
        HashSet<int> done = [];
        foreach (int root in after.SelectMany(map => map.Keys))
        {
            if (!done.Contains(root) && FindFrom(root, after, done) is { } cycle)
            {
                return cycle;
            }
        }

        return null;
    }

    private static List<int>? FindFrom(int root, Dictionary<int, SortedSet<int>>[] after, HashSet<int> done)
    {
        List<int> path = [root];
        HashSet<int> onPath = [root];
        Stack<IEnumerator<int>> open = new([Later(root, after)]);
        while (open.TryPeek(out IEnumerator<int>? later))
        {
            if (!later.MoveNext())
            {
                open.Pop();
                onPath.Remove(path[^1]);
                done.Add(path[^1]);
                path.RemoveAt(path.Count - 1);
            }
            else if (onPath.Contains(later.Current))
            {
                return path[path.IndexOf(later.Current)..];
            }
            else if (!done.Contains(later.Current))
            {
                path.Add(later.Current);
                onPath.Add(later.Current);
                open.Push(Later(later.Current, after));
            }
        }

        return null;
    }

    private static IEnumerator<int> Later(int version, Dictionary<int, SortedSet<int>>[] after) =>
        after.SelectMany(map => map.TryGetValue(version, out SortedSet<int>? later) ? (IEnumerable<int>)later : []).GetEnumerator();
}
