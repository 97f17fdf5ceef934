using DataIntensive.Logs;

namespace DataIntensive.Specs.Logs;

/// <summary>
/// The oracle for a log that is trimmed and compacted: what was appended, which records are no longer needed, and from where on all
/// is kept. What is needed must be there; what is missing must be told.
/// </summary>
internal sealed class LogModel
{
    private readonly Dictionary<int, SubmittedCommit> _commits = [];
    private readonly Dictionary<int, DateTimeOffset> _times = [];
    private readonly HashSet<long> _dead = [];
    private int _lastId;
    private long _end;

    public long End => _end;

    /// <summary>Up to where a trim may have gone, exclusive.</summary>
    public long MayBeginAt { get; set; } = 1;

    public int Removed { get; private set; }

    public SubmittedCommit Submit(int records, int bodyBytes)
    {
        SubmittedCommit commit = new(++_lastId, records, bodyBytes, Durability.Disk);
        _commits.Add(commit.Id, commit);
        return commit;
    }

    public void Acknowledge(SubmittedCommit commit, LogPosition position, DateTimeOffset time)
    {
        commit.Acknowledge(position.Value);
        _times[commit.Id] = new DateTimeOffset(time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        _end = position.Value;
    }

    public bool IsAlive(in LogRecord record) => !_dead.Contains(record.Position.Value);

    /// <summary>From now on about this share of the records before the position is not needed.</summary>
    public void Kill(Random random, double share, long before)
    {
        for (long position = 1; position < before; position++)
        {
            if (random.NextDouble() < share)
            {
                _dead.Add(position);
            }
        }
    }

    /// <summary>Reads everything forward, backward, one by one and by time, and returns what is there.</summary>
    public List<LogRecord> Check(CommitLog log)
    {
        LogRange range = log.Range;
        range.First.Value.Should().BeInRange(1, MayBeginAt);
        range.Durable.Value.Should().BeGreaterThanOrEqualTo(_end);
        List<LogRecord> records = ReadForward(log, range);
        CheckBackward(log, range, records);
        CheckOneByOne(log, range, records);
        CheckTimes(log, records);
        return records;
    }

    private List<LogRecord> ReadForward(CommitLog log, LogRange range)
    {
        List<LogRecord> records = [];
        using LogReader reader = log.OpenReader(new LogPosition(range.First.Value - 1), Durability.Os);
        long next = range.First.Value;
        while (reader.TryRead(out LogRecord record))
        {
            record.RemovedBefore.Should().Be(record.Position.Value - next, "what is missing before {0} is told", record.Position);
            record.LostBefore.Should().Be(0);
            Missing(next, record.Position.Value);
            next = record.Position.Value + 1;
            records.Add(record with { Body = record.Body.ToArray() });
        }

        Missing(next, range.Visible.Value + 1);
        reader.Position.Should().Be(range.Visible);
        for (int i = 0; i < records.Count; i++)
        {
            bool endsCommit = i + 1 == records.Count || records[i + 1].Tag != records[i].Tag;
            CheckRecord(records[i], endsCommit);
        }

        return records;
    }

    private void Missing(long from, long before)
    {
        for (long position = from; position < before; position++)
        {
            _dead.Should().Contain(position, "only what is not needed may be missing");
            Removed++;
        }
    }

    private void CheckRecord(in LogRecord record, bool endsCommit)
    {
        SubmittedCommit commit = _commits.GetValueOrDefault((int)record.Tag) ?? throw new Xunit.Sdk.XunitException($"Nobody wrote commit {record.Tag}.");

        // Of one that was under way at a crash, the first record says where it stands.
        commit.Position ??= record.Position.Value + commit.Records - 1;
        int index = (int)(record.Position.Value - commit.Position.Value) + commit.Records - 1;
        record.Timestamp.Should().Be(_times.GetValueOrDefault(commit.Id, record.Timestamp), "a record keeps its time");
        LogRecord whole = record with { EndsCommit = index == commit.Records - 1 };
        if (!commit.Wrote(index, whole) || record.EndsCommit != endsCommit)
        {
            Assert.Fail($"The record at {record.Position} is not record {index} of commit {commit.Id}, or tells its end wrongly.");
        }
    }

    private static void CheckBackward(CommitLog log, LogRange range, List<LogRecord> records)
    {
        using LogReader reader = log.OpenReader(range.Visible, Durability.Os);
        long behind = range.Visible.Value;
        for (int i = records.Count - 1; i >= 0; i--)
        {
            reader.TryReadPrevious(out LogRecord record).Should().BeTrue();
            CheckSame(record, records[i]);
            record.RemovedBefore.Should().Be(behind - record.Position.Value);
            behind = record.Position.Value - 1;

            // Every now and then the way forward from here.
            if (i % 7 == 3)
            {
                reader.TryRead(out LogRecord same).Should().BeTrue();
                CheckSame(same, records[i]);
                reader.TryReadPrevious(out same).Should().BeTrue();
                CheckSame(same, records[i]);
            }
        }

        reader.TryReadPrevious(out _).Should().BeFalse();
        reader.TryRead(out LogRecord first).Should().Be(records.Count > 0);
        if (records.Count > 0)
        {
            CheckSame(first, records[0]);
        }
    }

    private static void CheckOneByOne(CommitLog log, LogRange range, List<LogRecord> records)
    {
        Dictionary<long, LogRecord> byPosition = records.ToDictionary(record => record.Position.Value);
        using LogReader reader = log.OpenReader(new LogPosition(range.First.Value - 1), Durability.Os);
        long step = 1;
        for (long position = range.First.Value; position <= range.Visible.Value; position += step++ % 5)
        {
            bool isThere = reader.TryReadAt(new LogPosition(position), out LogRecord record);
            isThere.Should().Be(byPosition.ContainsKey(position), "asked for {0}", position);
            if (isThere)
            {
                CheckSame(record, byPosition[position]);
            }

            reader.Position.Value.Should().Be(position);
            if (step % 3 == 0 && reader.TryRead(out LogRecord next))
            {
                CheckSame(next, records.First(later => later.Position.Value > position));
            }
        }
    }

    private static void CheckTimes(CommitLog log, List<LogRecord> records)
    {
        using LogReader reader = log.OpenReader(new LogPosition(log.Range.First.Value - 1), Durability.Os);
        for (int i = 0; i < records.Count; i += 1 + (records.Count / 20))
        {
            DateTimeOffset time = records[i].Timestamp;
            foreach (DateTimeOffset from in new[] { time, time.AddTicks(1), time.AddTicks(-1) })
            {
                reader.SeekTime(from);
                bool any = records.Any(record => record.Timestamp >= from);
                reader.TryRead(out LogRecord record).Should().Be(any, "from {0}", from);
                if (any)
                {
                    CheckSame(record, records.First(candidate => candidate.Timestamp >= from));
                }
            }
        }
    }

    private static void CheckSame(in LogRecord actual, in LogRecord expected)
    {
        if (actual.Position != expected.Position
            || actual.Tag != expected.Tag
            || actual.EndsCommit != expected.EndsCommit
            || actual.Timestamp != expected.Timestamp
            || !actual.Body.Span.SequenceEqual(expected.Body.Span))
        {
            Assert.Fail($"Expected the record at {expected.Position} of {expected.Timestamp:O}, found another, at {actual.Position} of {actual.Timestamp:O}.");
        }
    }
}
