namespace DataIntensive.Testing;

// The dependencies over the list of one key.
internal sealed class ListEdges(IndexedHistory history, DependencyGraph graph, int key, ListKey order)
{
    // Per place, who appended the last element that counts up to it, and the first from it on; -1 for nobody. What failed does not count.
    private readonly int[] _lastBefore = new int[order.Appends.Length + 1];
    private readonly int[] _firstFrom = new int[order.Appends.Length + 1];

    public void Add(int[] places)
    {
        AddOrder();
        List<int> unread = FindUnread(places);
        int last = _lastBefore[^1];
        foreach (int writer in unread)
        {
            if (last >= 0 && writer != last)
            {
                // It is not known which of them came first, but all came behind what was read.
                graph.Add(last, writer, DependencyKind.WriteWrite, OrderScope.None, key);
            }
        }

        List<int> readersOfAll = AddReads();
        graph.AddAntiDependencies(readersOfAll, unread, OrderScope.None, key);
    }

    private void AddOrder()
    {
        int last = -1;
        for (int place = 0; place < order.Appends.Length; place++)
        {
            _lastBefore[place] = last;
            if (WriterAt(place) is >= 0 and int writer)
            {
                if (last >= 0 && last != writer)
                {
                    graph.Add(last, writer, DependencyKind.WriteWrite, OrderScope.None, key);
                }

                last = writer;
            }
        }

        _lastBefore[^1] = last;
        _firstFrom[^1] = -1;
        for (int place = order.Appends.Length - 1; place >= 0; place--)
        {
            int writer = WriterAt(place);
            _firstFrom[place] = writer >= 0 ? writer : _firstFrom[place + 1];
        }
    }

    private List<int> FindUnread(int[] places)
    {
        List<int> unread = [];
        foreach (int step in history.StepsOfKey(key))
        {
            int owner = history.Owners[step];
            bool isUnread = history.Step(step).Kind == MicroOperationKind.Append && places[step] == 0 && history.HasEffect[owner];
            if (isUnread && (unread.Count == 0 || unread[^1] != owner))
            {
                unread.Add(owner);
            }
        }

        return unread;
    }

    // Returns who read all that is known, in ascending order.
    private List<int> AddReads()
    {
        List<int> readersOfAll = [];
        foreach (int step in history.StepsOfKey(key))
        {
            int reader = history.Owners[step];
            if (history.Step(step).Kind != MicroOperationKind.ReadList || !history.IsCommitted(reader) || order.Misfits.Contains(step))
            {
                continue;
            }

            int length = history.Step(step).Elements.Length;

            // Behind somebody else's, an own element makes that a write dependency already.
            if (_lastBefore[length] is >= 0 and int writer && writer != reader)
            {
                graph.Add(writer, reader, DependencyKind.WriteRead, OrderScope.None, key);
            }

            if (_firstFrom[length] is >= 0 and int overwriter)
            {
                if (overwriter != reader)
                {
                    graph.Add(reader, overwriter, DependencyKind.ReadWrite, OrderScope.None, key);
                }
            }
            else if (readersOfAll.Count == 0 || readersOfAll[^1] != reader)
            {
                readersOfAll.Add(reader);
            }
        }

        return readersOfAll;
    }

    private int WriterAt(int place) =>
        order.Appends[place] is >= 0 and int append && history.HasEffect[history.Owners[append]] ? history.Owners[append] : -1;
}
