using System.Numerics;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>
/// Whether a history is causally consistent by the definitions: some order of cause and effect that holds that of the sessions, under
/// which the reads can be explained; found by trying all partial orders, all orders of the writes, all orders of what precedes an
/// operation. Knows nothing of patterns.
/// </summary>
internal sealed class CausalOrderSearch
{
    private readonly CausalOperation[] _operations;
    private readonly int[] _sessions;

    public CausalOrderSearch(CausalHistory history)
    {
        _operations = [.. history.Sessions.SelectMany(session => session.Operations)];
        _sessions = [.. history.Sessions.SelectMany((session, i) => session.Operations.Select(_ => i))];
        int[] before = new int[_operations.Length];
        List<(int, int)> free = [];
        for (int i = 0; i < before.Length; i++)
        {
            for (int j = i + 1; j < before.Length; j++)
            {
                if (_sessions[i] == _sessions[j])
                {
                    before[j] |= 1 << i;
                }
                else
                {
                    free.Add((i, j));
                }
            }
        }

        Try(before, free, 0);
    }

    public bool Consistency { get; private set; }

    public bool Convergence { get; private set; }

    public bool Memory { get; private set; }

    // Per operation, the set of those before it.
    private void Try(int[] before, List<(int Left, int Right)> free, int next)
    {
        if (Consistency && Convergence && Memory)
        {
            return;
        }

        if (next == free.Count)
        {
            if (IsTransitive(before))
            {
                Judge(before);
            }

            return;
        }

        (int left, int right) = free[next];
        Try(before, free, next + 1);
        before[right] |= 1 << left;
        Try(before, free, next + 1);
        before[right] &= ~(1 << left);
        before[left] |= 1 << right;
        Try(before, free, next + 1);
        before[left] &= ~(1 << right);
    }

    private static bool IsTransitive(int[] before)
    {
        for (int i = 0; i < before.Length; i++)
        {
            for (int left = before[i]; left != 0; left &= left - 1)
            {
                int earlier = before[BitOperations.TrailingZeroCount(left)];
                if ((earlier & ~before[i]) != 0 || (earlier & (1 << i)) != 0)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private void Judge(int[] before)
    {
        int[] all = [.. Enumerable.Range(0, before.Length)];
        Consistency |= all.All(operation => CanOrder(before, before[operation] | (1 << operation), 1 << operation, 0, []));
        Memory = Memory || all.All(operation => CanOrder(before, before[operation] | (1 << operation), OwnReads(before, operation), 0, []));
        Convergence = Convergence || CanArbitrate(before, 0, []);
    }

    // The operation itself and those of its session before it: their values must be right, those of the others are not looked at.
    private int OwnReads(int[] before, int operation)
    {
        int own = 1 << operation;
        for (int i = 0; i < before.Length; i++)
        {
            own |= _sessions[i] == _sessions[operation] && (before[operation] & (1 << i)) != 0 ? 1 << i : 0;
        }

        return own;
    }

    // Whether a set of operations can stand in a line that keeps the order, so that the reads which are looked at are right.
    private bool CanOrder(int[] before, int set, int visible, int done, Dictionary<string, long> state)
    {
        if (done == set)
        {
            return true;
        }

        for (int left = set & ~done; left != 0; left &= left - 1)
        {
            int next = BitOperations.TrailingZeroCount(left);
            CausalOperation operation = _operations[next];
            if ((before[next] & set & ~done) != 0
                || (!operation.IsWrite && (visible & (1 << next)) != 0 && state.GetValueOrDefault(operation.Key) != operation.Value))
            {
                continue;
            }

            Dictionary<string, long> after = operation.IsWrite ? new(state) { [operation.Key] = operation.Value } : state;
            if (CanOrder(before, set, visible, done | (1 << next), after))
            {
                return true;
            }
        }

        return false;
    }

    // Whether all operations can stand in one line that keeps the order, so that each read returns the last in it of the writes before it.
    private bool CanArbitrate(int[] before, int done, List<int> line)
    {
        if (line.Count == before.Length)
        {
            return Enumerable.Range(0, before.Length).All(read => _operations[read].IsWrite || LastBefore(before, read, line) == _operations[read].Value);
        }

        for (int next = 0; next < before.Length; next++)
        {
            if ((done & (1 << next)) == 0 && (before[next] & ~done) == 0)
            {
                line.Add(next);
                bool can = CanArbitrate(before, done | (1 << next), line);
                line.RemoveAt(line.Count - 1);
                if (can)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private long LastBefore(int[] before, int read, List<int> line) =>
        line.Where(operation => (before[read] & (1 << operation)) != 0 && _operations[operation].IsWrite && _operations[operation].Key == _operations[read].Key)
            .Select(operation => _operations[operation].Value)
            .LastOrDefault(CausalHistory.Initial);
}
