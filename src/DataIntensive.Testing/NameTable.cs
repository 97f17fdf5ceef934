namespace DataIntensive.Testing;

// Which names stand for which files: as it is seen, as it is durable, and the creations and deletions between the two.
internal sealed class NameTable
{
    private readonly SortedDictionary<string, FaultyFileState> _seen = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, FaultyFileState> _durable = new(StringComparer.Ordinal);
    private readonly List<(string Name, FaultyFileState? File)> _unsynced = [];

    public IEnumerable<string> Names => _seen.Keys;

    public IEnumerable<FaultyFileState> Files => _seen.Values;

    public IReadOnlyList<(string Name, FaultyFileState? File)> Unsynced => _unsynced;

    // Every file that a power cut could leave under some name.
    public IEnumerable<FaultyFileState> Reachable =>
        _durable.Values.Concat(_seen.Values).Concat(_unsynced.Select(change => change.File).OfType<FaultyFileState>()).Distinct();

    public FaultyFileState? Find(string name) => _seen.GetValueOrDefault(name);

    public void Set(string name, FaultyFileState? file)
    {
        Put(_seen, name, file);
        _unsynced.Add((name, file));
    }

    public void Flush()
    {
        foreach ((string name, FaultyFileState? file) in _unsynced)
        {
            Put(_durable, name, file);
        }

        _unsynced.Clear();
    }

    public NameTable Copy()
    {
        Dictionary<FaultyFileState, FaultyFileState> copies = Reachable.ToDictionary(file => file, file => file.Copy());
        NameTable copy = new();
        CopyTo(copy._seen, _seen, copies);
        CopyTo(copy._durable, _durable, copies);
        copy._unsynced.AddRange(_unsynced.Select(change => (change.Name, change.File is null ? null : copies[change.File])));
        return copy;
    }

    // The table that a power cut leaves: all of it durable, with each file as that function makes it.
    public NameTable AfterPowerCut(IEnumerable<(string Name, FaultyFileState? File)> kept, Func<FaultyFileState, FaultyFileState> cut)
    {
        SortedDictionary<string, FaultyFileState> left = new(_durable, StringComparer.Ordinal);
        foreach ((string name, FaultyFileState? file) in kept)
        {
            Put(left, name, file);
        }

        NameTable result = new();
        foreach ((string name, FaultyFileState file) in left)
        {
            result._seen[name] = result._durable[name] = cut(file);
        }

        return result;
    }

    private static void Put(SortedDictionary<string, FaultyFileState> names, string name, FaultyFileState? file)
    {
        if (file is null)
        {
            names.Remove(name);
        }
        else
        {
            names[name] = file;
        }
    }

    private static void CopyTo(SortedDictionary<string, FaultyFileState> target, SortedDictionary<string, FaultyFileState> source, Dictionary<FaultyFileState, FaultyFileState> copies)
    {
        foreach ((string name, FaultyFileState file) in source)
        {
            target[name] = copies[file];
        }
    }
}
