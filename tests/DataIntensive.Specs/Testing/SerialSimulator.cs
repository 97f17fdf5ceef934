using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>A big history of lists that ran one transaction after the other, with overlapping calls and returns of ten processes.</summary>
internal sealed class SerialSimulator(int seed)
{
    private const int Processes = 10;
    private const int ActiveKeys = 10;
    private const int AppendsPerKey = 32;

    private readonly Random _random = new(seed);
    private readonly List<long>[] _lists = [.. Enumerable.Range(0, ActiveKeys).Select(_ => new List<long>())];
    private readonly string[] _names = [.. Enumerable.Range(0, ActiveKeys).Select(i => $"k{i}")];
    private readonly long[] _returned = new long[Processes];
    private int _keys = ActiveKeys;

    public List<TransactionRecord> Run(int operations)
    {
        List<TransactionRecord> records = [];
        for (int done = 0; done < operations;)
        {
            List<MicroOperation> steps = [];
            for (int i = _random.Next(1, 8); i > 0 && done < operations; i--, done++)
            {
                steps.Add(Step());
            }

            int process = records.Count % Processes;
            long takesEffect = records.Count * 10L;
            long called = Math.Max(_returned[process], takesEffect - _random.Next(40));
            _returned[process] = takesEffect + 1 + _random.Next(40);
            records.Add(new TransactionRecord(steps) { Process = process, CalledAt = called, ReturnedAt = _returned[process] });
        }

        return records;
    }

    private MicroOperation Step()
    {
        int key = _random.Next(ActiveKeys);
        if (_random.Next(2) == 0)
        {
            return MicroOperation.ReadList(_names[key], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_lists[key]));
        }

        if (_lists[key].Count == AppendsPerKey)
        {
            _lists[key] = [];
            _names[key] = $"k{_keys++}";
        }

        _lists[key].Add(_lists[key].Count + 1);
        return MicroOperation.Append(_names[key], _lists[key].Count);
    }
}
