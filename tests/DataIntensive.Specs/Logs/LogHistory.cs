using DataIntensive.Logs;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Logs;

/// <summary>
/// The oracle: what was handed to a log, and what of it must be there. A log that was opened shows a beginning of it with nothing
/// between, and what it once showed as durable stays.
/// </summary>
internal sealed class LogHistory
{
    private readonly Dictionary<int, SubmittedCommit> _submitted;
    private readonly long _proven;
    private int _lastId;

    public LogHistory()
        : this([], 0, 0)
    {
    }

    private LogHistory(Dictionary<int, SubmittedCommit> submitted, long proven, int lastId)
    {
        _submitted = submitted;
        _proven = proven;
        _lastId = lastId;
    }

    public int Acknowledged
    {
        get
        {
            lock (_submitted)
            {
                return _submitted.Values.Count(commit => commit.IsAcknowledged);
            }
        }
    }

    public SubmittedCommit Submit(int records, int bodyBytes, Durability durability)
    {
        lock (_submitted)
        {
            SubmittedCommit commit = new(++_lastId, records, bodyBytes, durability);
            _submitted.Add(commit.Id, commit);
            return commit;
        }
    }

    /// <summary>Notes what an awaited append returned.</summary>
    public void Acknowledge(SubmittedCommit commit, long position)
    {
        lock (_submitted)
        {
            commit.Acknowledge(position);
        }
    }

    /// <summary>The last position that a log opened after such a crash must still have.</summary>
    public long Required(CrashKind kind)
    {
        lock (_submitted)
        {
            return _submitted.Values
                .Where(commit => commit.IsAcknowledged && (kind == CrashKind.ProcessOnly || commit.Durability == Durability.Disk))
                .Select(commit => commit.Position!.Value)
                .Append(_proven)
                .Max();
        }
    }

    /// <summary>
    /// Checks an open log and returns the history from here on: only what it shows has happened, and all of that is durable.
    /// </summary>
    public LogHistory Check(CommitLog log, CrashKind crash)
    {
        LogRange range = log.Range;
        (range.First.Value, range.Durable, range.Visible).Should().Be((1, range.End, range.End), "what a log shows when it opens is durable");
        range.End.Value.Should().BeGreaterThanOrEqualTo(Required(crash), "what was acknowledged is there after {0}", crash);

        Dictionary<int, SubmittedCommit> found = [];
        using LogReader reader = log.OpenReader();
        long position = 0;
        while (reader.TryRead(out LogRecord record))
        {
            SubmittedCommit commit = Known((int)record.Tag);
            found.TryAdd(commit.Id, commit).Should().BeTrue("commit {0} stands there once, its records together", commit.Id);
            for (int index = 0; index < commit.Records; index++)
            {
                if (index > 0)
                {
                    reader.TryRead(out record).Should().BeTrue("commit {0} has {1} records and no half commit is kept", commit.Id, commit.Records);
                }

                // The assertions' texts are not built for each of very many records.
                if (record.Position.Value != ++position || !commit.Wrote(index, record))
                {
                    Assert.Fail($"Expected record {index} of commit {commit.Id} at {position}, found tag {record.Tag} at {record.Position}.");
                }
            }

            if (commit.Position is { } known)
            {
                position.Should().Be(known, "commit {0} was given that position", commit.Id);
            }

            commit.Position = position;
        }

        position.Should().Be(range.End.Value, "every position has its record");
        return new LogHistory(found, position, _lastId);
    }

    /// <summary>An own history with the same past, for a run that branches off here.</summary>
    public LogHistory Branch()
    {
        lock (_submitted)
        {
            return new LogHistory(new Dictionary<int, SubmittedCommit>(_submitted), _proven, _lastId);
        }
    }

    private SubmittedCommit Known(int id)
    {
        lock (_submitted)
        {
            return _submitted.TryGetValue(id, out SubmittedCommit? commit) ? commit : throw new Xunit.Sdk.XunitException($"The log shows commit {id}, which nobody wrote, or which was lost before.");
        }
    }
}
