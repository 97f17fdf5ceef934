namespace DataIntensive.Testing;

// Edges between transactions, and between them and waypoints: nodes behind the last transaction that stand for "any of these before
// all of those", so that the number of edges stays linear in the history. An edge out of a waypoint only carries on the edge that
// led into it. 13 bytes an edge.
internal sealed class DependencyGraph
{
    // Above the kinds of DependencyKind: carry on what led into a waypoint, an anti-dependency or real time.
    public const int CarryReadWrite = 6;
    public const int CarryRealtime = 7;

    private const int ScopeShift = 3;
    private const int KindMask = (1 << ScopeShift) - 1;

    // From here on, a waypoint costs less than the product of both sides.
    private const int MostDirectEdges = 64;

    private int[] _from = new int[1024];
    private int[] _to = new int[1024];
    private int[] _key = new int[1024];
    private byte[] _label = new byte[1024];

    public DependencyGraph(int transactions)
    {
        Transactions = transactions;
        Nodes = transactions;
    }

    public int Transactions { get; }

    public int Nodes { get; private set; }

    public int Edges { get; private set; }

    public ReadOnlySpan<int> From => _from.AsSpan(0, Edges);

    public ReadOnlySpan<int> To => _to.AsSpan(0, Edges);

    public static int KindOf(byte label) => label & KindMask;

    public static OrderScope ScopeOf(byte label) => (OrderScope)(label >> ScopeShift);

    public byte Label(int edge) => _label[edge];

    public int Key(int edge) => _key[edge];

    public int AddWaypoint() => Nodes++;

    public void Add(int from, int to, DependencyKind kind, OrderScope scope, int key = -1) => Add(from, to, (int)kind, scope, key);

    public void CarryTime(int from, int to) => Add(from, to, CarryRealtime, OrderScope.Realtime, -1);

    // An anti-dependency from each reader to each writer but itself. Both without repetition and in ascending order.
    public void AddAntiDependencies(List<int> readers, List<int> writers, OrderScope scope, int key)
    {
        if ((long)readers.Count * writers.Count > MostDirectEdges + (4L * (readers.Count + writers.Count)))
        {
            AddByWaypoints(readers, writers, scope, key);
            return;
        }

        foreach (int reader in readers)
        {
            foreach (int writer in writers)
            {
                if (reader != writer)
                {
                    Add(reader, writer, DependencyKind.ReadWrite, scope, key);
                }
            }
        }
    }

    // One chain of waypoints reaches the writers up to a place, another those from a place on.
    private void AddByWaypoints(List<int> readers, List<int> writers, OrderScope scope, int key)
    {
        int upTo = Nodes;
        int from = Nodes + writers.Count;
        Nodes += 2 * writers.Count;
        for (int i = 0; i < writers.Count; i++)
        {
            Add(upTo + i, writers[i], CarryReadWrite, scope, -1);
            Add(from + i, writers[i], CarryReadWrite, scope, -1);
            if (i > 0)
            {
                Add(upTo + i, upTo + i - 1, CarryReadWrite, scope, -1);
                Add(from + i - 1, from + i, CarryReadWrite, scope, -1);
            }
        }

        foreach (int reader in readers)
        {
            int place = writers.BinarySearch(reader);
            if (place < 0)
            {
                Add(reader, from, DependencyKind.ReadWrite, scope, key);
                continue;
            }

            if (place > 0)
            {
                Add(reader, upTo + place - 1, DependencyKind.ReadWrite, scope, key);
            }

            if (place < writers.Count - 1)
            {
                Add(reader, from + place + 1, DependencyKind.ReadWrite, scope, key);
            }
        }
    }

    private void Add(int from, int to, int kind, OrderScope scope, int key)
    {
        if (Edges == _from.Length)
        {
            int size = checked(Edges * 2);
            Array.Resize(ref _from, size);
            Array.Resize(ref _to, size);
            Array.Resize(ref _key, size);
            Array.Resize(ref _label, size);
        }

        _from[Edges] = from;
        _to[Edges] = to;
        _key[Edges] = key;
        _label[Edges] = (byte)(kind | ((int)scope << ScopeShift));
        Edges++;
    }
}
