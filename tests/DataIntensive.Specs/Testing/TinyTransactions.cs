using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>
/// Random histories of a few transactions: each reads some prefix of the transactions before it, which may be an old one, and now and
/// then something else. So that about half of them are what a level allows.
/// </summary>
internal sealed class TinyTransactions(int seed)
{
    private static readonly string[] Keys = ["x", "y"];

    private readonly Random _random = new(seed);
    private readonly List<List<(string Key, long Value)>> _committed = [];
    private readonly long[] _returned = new long[2];
    private long _nextValue = 1;

    public TransactionHistory Lists()
    {
        int count = _random.Next(2, 6);
        List<TransactionRecord> records = [];
        for (int i = 0; i < count; i++)
        {
            records.Add(Timed(ListTransaction(), i));
        }

        if (_random.Next(3) > 0)
        {
            records.Add(new TransactionRecord(Keys.Select(key => MicroOperation.ReadList(key, [.. Values(key, _committed.Count)])))
            {
                CalledAt = 1000,
                ReturnedAt = 1001,
            });
        }

        return TransactionHistory.Of(records);
    }

    /// <summary>Every write follows a read of its key, so that the order of the versions is known.</summary>
    public TransactionHistory Registers(bool blindWrites)
    {
        int count = _random.Next(2, 6);
        List<TransactionRecord> records = [];
        for (int i = 0; i < count; i++)
        {
            records.Add(Timed(RegisterTransaction(blindWrites), i));
        }

        return TransactionHistory.Of(records);
    }

    private TransactionRecord ListTransaction()
    {
        TransactionOutcome outcome = Outcome();
        int snapshot = Snapshot();
        List<MicroOperation> steps = [];
        List<(string Key, long Value)> writes = [];
        for (int left = _random.Next(1, 4); left > 0; left--)
        {
            string key = Keys[_random.Next(Keys.Length)];
            if (_random.Next(2) == 0)
            {
                writes.Add((key, _nextValue));
                steps.Add(MicroOperation.Append(key, _nextValue++));
            }
            else if (outcome != TransactionOutcome.Committed)
            {
                steps.Add(MicroOperation.UnknownRead(key));
            }
            else
            {
                // Seldom a snapshot of its own for one read, seldomer without the own writes.
                int seen = _random.Next(8) == 0 ? Snapshot() : snapshot;
                IEnumerable<long> own = _random.Next(30) == 0 ? [] : writes.Where(write => write.Key == key).Select(write => write.Value);
                steps.Add(MicroOperation.ReadList(key, [.. Values(key, seen), .. own]));
            }
        }

        Apply(outcome, writes);
        return new TransactionRecord(steps) { Outcome = outcome };
    }

    private TransactionRecord RegisterTransaction(bool blindWrites)
    {
        TransactionOutcome outcome = Outcome();
        int snapshot = Snapshot();
        List<MicroOperation> steps = [];
        List<(string Key, long Value)> writes = [];
        HashSet<string> touched = [];
        for (int left = _random.Next(1, 4); left > 0; left--)
        {
            string key = Keys[_random.Next(Keys.Length)];
            bool write = _random.Next(2) == 0;
            if (!write || (!blindWrites && touched.Add(key)))
            {
                touched.Add(key);
                long[] own = [.. writes.Where(own => own.Key == key).Select(own => own.Value)];
                long[] seen = [.. Values(key, snapshot), .. own];
                steps.Add(outcome == TransactionOutcome.Committed ? MicroOperation.ReadValue(key, seen.Length == 0 ? null : seen[^1]) : MicroOperation.UnknownRead(key));
            }

            if (write)
            {
                writes.Add((key, _nextValue));
                steps.Add(MicroOperation.Write(key, _nextValue++));
            }
        }

        Apply(outcome, writes);
        return new TransactionRecord(steps) { Outcome = outcome };
    }

    private TransactionOutcome Outcome() => _random.Next(10) switch { 0 => TransactionOutcome.Failed, 1 => TransactionOutcome.Unknown, _ => TransactionOutcome.Committed };

    private int Snapshot() => _random.Next(2) == 0 ? _random.Next(_committed.Count + 1) : _committed.Count;

    // A failed one leaves its writes there in one of many histories.
    private void Apply(TransactionOutcome outcome, List<(string Key, long Value)> writes)
    {
        bool applies = outcome switch
        {
            TransactionOutcome.Committed => true,
            TransactionOutcome.Unknown => _random.Next(2) == 0,
            _ => _random.Next(10) == 0,
        };
        if (applies)
        {
            _committed.Insert(_random.Next(8) == 0 ? _random.Next(_committed.Count + 1) : _committed.Count, writes);
        }
    }

    private IEnumerable<long> Values(string key, int transactions) =>
        _committed.Take(transactions).SelectMany(writes => writes.Where(write => write.Key == key).Select(write => write.Value));

    // One in two belongs to one of two processes, whose transactions do not overlap.
    private TransactionRecord Timed(TransactionRecord record, int place)
    {
        int? process = _random.Next(2) == 0 ? null : _random.Next(_returned.Length);
        long called = (place * 10) + _random.Next(40);
        if (process is { } one)
        {
            called = Math.Max(called, _returned[one]);
        }

        long returned = called + 1 + _random.Next(30);
        if (process is { } same)
        {
            _returned[same] = returned;
        }

        return new TransactionRecord(record.Operations)
        {
            Outcome = record.Outcome,
            Process = process,
            CalledAt = called,
            ReturnedAt = record.Outcome == TransactionOutcome.Unknown ? null : returned,
        };
    }
}
