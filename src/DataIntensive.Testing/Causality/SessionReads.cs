namespace DataIntensive.Testing;

// The session guarantees. Each read is compared with what it must not be older than.
internal sealed class SessionReads(IndexedCausalHistory history, CausalClocks clocks, CausalReport report, CheckBudget budget)
{
    // Per session and key, its reads that returned something, and behind each how much of every session is older than one of them.
    private readonly Dictionary<(int Session, int Key), List<(int Read, int[] Older)>> _reads = [];

    public void Check()
    {
        for (int read = 0; read < history.Count; read++)
        {
            NoteRead(read);
        }

        for (int session = 0; session < history.Sessions; session++)
        {
            // How far this session has seen each other: behind the newest write of it that was read.
            int[] seen = new int[history.Sessions];
            for (int read = history.FirstOf(session); read < history.FirstOf(session + 1); read++)
            {
                if (!history[read].IsWrite)
                {
                    CheckRead(session, read, seen);
                }
            }
        }
    }

    private void NoteRead(int read)
    {
        int source = history.Source[read];
        if (source < 0 || source == read)
        {
            return;
        }

        budget.Spend(history.Sessions);
        (int, int) place = (history.SessionOf[read], history.KeyOf[read]);
        List<(int Read, int[] Older)> reads = _reads.TryGetValue(place, out List<(int, int[])>? known) ? known : _reads[place] = [];
        int[] older = clocks[source].ToArray();

        // Not the value itself.
        older[history.SessionOf[source]]--;
        if (reads.Count > 0)
        {
            int[] before = reads[^1].Older;
            for (int i = 0; i < older.Length; i++)
            {
                older[i] = Math.Max(older[i], before[i]);
            }

            older = older.AsSpan().SequenceEqual(before) ? before : older;
        }

        reads.Add((read, older));
    }

    private void CheckRead(int session, int read, int[] seen)
    {
        int source = history.Source[read];
        if (source < 0 && !history[read].ReadsInitial)
        {
            return;
        }

        bool isBroken = BreaksReadYourWrites(session, read, source) || BreaksMonotonicReads(session, read, source);
        for (int other = 0; other < history.Sessions && !isBroken; other++)
        {
            budget.Spend();
            isBroken = other != session && seen[other] > 0
                && (BreaksMonotonicWrites(session, other, read, source, seen[other]) || BreaksWritesFollowReads(session, other, read, source, seen[other]));
        }

        if (source >= 0)
        {
            int writer = history.SessionOf[source];
            seen[writer] = Math.Max(seen[writer], history.NumberOf(source));
        }
    }

    private bool BreaksReadYourWrites(int session, int read, int source)
    {
        int own = LastWrite(session, history.KeyOf[read], history.NumberOf(read));
        return own >= 0 && IsOlder(source, own)
            && Report(SessionGuarantee.ReadYourWrites, read, $"although the session had written {history.Describe(own)}.", own);
    }

    private bool BreaksMonotonicReads(int session, int read, int source) =>
        FindNewerRead(session, history.KeyOf[read], history.NumberOf(read), source) is >= 0 and int earlier
        && Report(SessionGuarantee.MonotonicReads, read, $"although the session had read {history.Describe(earlier)}.", earlier);

    private bool BreaksMonotonicWrites(int session, int other, int read, int source, int seen)
    {
        int write = LastWrite(other, history.KeyOf[read], seen);
        return write >= 0 && IsOlder(source, write)
            && ReportSeen(SessionGuarantee.MonotonicWrites, session, other, read, seen, write, "had written");
    }

    private bool BreaksWritesFollowReads(int session, int other, int read, int source, int seen) =>
        FindNewerRead(other, history.KeyOf[read], seen, source) is >= 0 and int earlier
        && ReportSeen(SessionGuarantee.WritesFollowReads, session, other, read, seen, earlier, "had read");

    // A read of the key among the first so many operations of a session that returned something newer; -1 when there is none.
    private int FindNewerRead(int session, int key, int among, int source)
    {
        if (!_reads.TryGetValue((session, key), out List<(int Read, int[] Older)>? reads))
        {
            return -1;
        }

        int count = CountBefore(reads, history.FirstOf(session) + among);
        if (count == 0 || (source >= 0 && reads[count - 1].Older[history.SessionOf[source]] <= history.NumberOf(source)))
        {
            return -1;
        }

        return reads.Take(count).First(earlier => IsOlder(source, history.Source[earlier.Read])).Read;
    }

    private static int CountBefore(List<(int Read, int[] Older)> reads, int operation)
    {
        (int low, int high) = (0, reads.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = reads[middle].Read < operation ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private int LastWrite(int session, int key, int among)
    {
        foreach (KeyWrites writes in history.WritesOf(key))
        {
            if (writes.Session == session)
            {
                return history.LastWrite(writes, among);
            }
        }

        return -1;
    }

    // Whether a write, or the initial value when it is -1, is older than another write.
    private bool IsOlder(int write, int than) => write < 0 || (write != than && clocks.Precedes(write, than));

    private bool Report(SessionGuarantee guarantee, int read, string reason, params ReadOnlySpan<int> before)
    {
        if (report.Wants(guarantee))
        {
            List<SessionOperation> operations = [];
            foreach (int operation in before)
            {
                operations.Add(history.Describe(operation));
            }

            operations.Add(history.Describe(read));
            report.Add(guarantee, operations, $"{history.Describe(read)} is too old, {reason}");
        }

        return true;
    }

    private bool ReportSeen(SessionGuarantee guarantee, int session, int other, int read, int seen, int newer, string what)
    {
        int write = history.FirstOf(other) + seen;
        int saw = Enumerable.Range(history.FirstOf(session), history.NumberOf(read)).First(operation => history.Source[operation] == write);
        return Report(
            guarantee,
            read,
            $"although the session had seen {history.Describe(write)} by {history.Describe(saw)}, before which that session {what} {history.Describe(newer)}.",
            newer,
            write,
            saw);
    }
}
