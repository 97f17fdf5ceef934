using System.Security.Cryptography;
using DataIntensive.Storage;

namespace DataIntensive.Logs;

// One run of compaction: looks how much of each sealed segment is alive, then writes the poorest anew, together with poor or small
// neighbours as far as they fit into one.
internal sealed class LogCompaction(CommitLog log, IStorage storage, LogLiveness isAlive, LogCompactionOptions options, CancellationToken cancellationToken)
{
    private const int FrameBytes = 256 * 1024;

    // A segment this much smaller than a full one is joined with its neighbours.
    private const int SmallPart = 8;

    private readonly CompactedFrame _frame = new();
    private long _removed;
    private long _freed;
    private long _written;

    public LogCompactionReport Run()
    {
        log.ThrowIfUnusable();
        List<Candidate> candidates = [.. Sealed().Select(Look)];
        int replaced = 0;
        int steps = 0;
        bool isComplete = true;
        foreach (Candidate poorest in candidates.OrderBy(candidate => candidate.LiveRatio).ToList())
        {
            if (poorest.IsDone || !IsWorthIt(poorest))
            {
                continue;
            }

            List<Candidate> run = Extend(candidates, poorest);
            if (run.Count == 1 && !IsPoor(poorest))
            {
                // Small, with no neighbour to join.
                continue;
            }

            if (_written >= options.MaxWrittenBytes)
            {
                isComplete = false;
                break;
            }

            Rewrite([.. run.Select(candidate => candidate.Segment)], run.Sum(candidate => candidate.WrittenBytes));
            run.ForEach(candidate => candidate.IsDone = true);
            replaced += run.Count;
            steps++;
        }

        return new LogCompactionReport(candidates.Count, replaced, steps, _removed, _freed, isComplete);
    }

    private IEnumerable<LogSegment> Sealed()
    {
        LogSegment[] segments = log.Segments;
        long keepFrom = Math.Min(options.KeepFrom?.Value ?? long.MaxValue, log.Range.Durable.Value + 1);
        for (int i = 0; i + 1 < segments.Length && segments[i + 1].Header.FirstPosition <= keepFrom; i++)
        {
            yield return segments[i];
        }
    }

    private Candidate Look(LogSegment segment)
    {
        long live = 0;
        long jumps = 0;

        // A jump stands where CompactedFrame puts one: behind something removed, and where the time changes. What will stand before the
        // segment is not known yet.
        long next = 0;
        DateTimeOffset time = default;
        foreach (FrameCursor frame in Frames(segment))
        {
            FrameCursor records = frame;
            while (records.TryTake(out LogRecord record))
            {
                if (!isAlive(record))
                {
                    continue;
                }

                live += RecordFormat.HeaderBytes + record.Body.Length;
                jumps += record.Position.Value != next || record.Timestamp != time ? LogJump.Bytes : 0;
                next = record.Position.Value + 1;
                time = record.Timestamp;
            }
        }

        return new Candidate(segment, live, jumps);
    }

    private bool IsPoor(Candidate candidate) => candidate.LiveRatio <= options.MaxLiveRatio && !candidate.IsBare;

    private bool IsWorthIt(Candidate candidate) => IsPoor(candidate) || candidate.Segment.End <= log.Options.SegmentBytes / SmallPart;

    // A candidate with those beside it, as long as all fit into one segment.
    private List<Candidate> Extend(List<Candidate> candidates, Candidate seed)
    {
        int first = candidates.IndexOf(seed);
        int last = first;
        long bytes = seed.WrittenBytes;
        while (last + 1 < candidates.Count && Joins(candidates[last + 1]))
        {
            bytes += candidates[++last].WrittenBytes;
        }

        while (first > 0 && Joins(candidates[first - 1]))
        {
            bytes += candidates[--first].WrittenBytes;
        }

        return candidates[first..(last + 1)];

        bool Joins(Candidate neighbour) => !neighbour.IsDone && IsWorthIt(neighbour) && bytes + neighbour.WrittenBytes <= log.Options.SegmentBytes;
    }

    private void Rewrite(LogSegment[] old, long atMostBytes)
    {
        SegmentName name = new(old[0].Header.Number, old.Max(segment => segment.Header.Generation) + 1);
        using UnfinishedFile unfinished = new(storage, name.Segment);
        (LogSegment compacted, long lastTimeMicros, long removed) = Write(old, name, unfinished.File, atMostBytes);
        unfinished.Keep();
        try
        {
            // Everything is in its place and synced. The header makes it count.
            byte[] bytes = new byte[SegmentHeader.Bytes];
            compacted.Header.Write(bytes);
            compacted.File.Write(0, bytes);
            compacted.File.Flush();
            log.Replace(old, compacted);
        }
        catch (Exception failure)
        {
            // Which of the files counts is unknown until the log is opened again.
            log.PoisonBy(failure);
            throw;
        }

        CompactedSpan span = compacted.Header.Compacted;
        IndexFile.TryWrite(storage, compacted, span.LastPosition, lastTimeMicros, span.LastChecksum);
        _removed += removed;
        _freed += old.Sum(segment => segment.End) - compacted.End;
        _written += compacted.End;
    }

    private (LogSegment Compacted, long LastTimeMicros, long Removed) Write(LogSegment[] old, SegmentName name, IStorageFile file, long atMostBytes)
    {
        try
        {
            log.PrepareForCompaction(file, SegmentHeader.Bytes + atMostBytes);
            SegmentHeader header = NewHeader(old, name);
            LogSegment compacted = new(storage, name, header, file);
            (uint lastChecksum, long lastTimeMicros, long removed) = Copy(old, compacted);
            file.SetLength(compacted.End);
            file.Flush();
            storage.FlushNames();
            header = header with { FileBytes = compacted.End, Compacted = header.Compacted with { LastChecksum = lastChecksum } };
            return (compacted.WithHeader(header), lastTimeMicros, removed);
        }
        catch (IOException exception) when (CommitLog.IsDiskFull(exception))
        {
            throw new LogFullException($"There is no space for a compacted segment of {atMostBytes} bytes in '{storage.Location}': {exception.Message}", exception);
        }
    }

    private SegmentHeader NewHeader(LogSegment[] old, SegmentName name)
    {
        Span<byte> salt = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(salt);
        LogSegment[] segments = log.Segments;
        SegmentHeader following = segments[Array.IndexOf(segments, old[^1]) + 1].Header;
        SegmentHeader first = old[0].Header;
        CompactedSpan span = new(old[^1].Header.LastNumber, following.FirstPosition - 1, following.PreviousChecksum, LastChecksum: 0);
        return new SegmentHeader(log.LogId, name.Number, first.FirstPosition, log.Epoch, BitConverter.ToUInt64(salt), first.CreatedMicros, first.PreviousChecksum, FileBytes: 0, name.Generation, span);
    }

    // Copies what is alive, in frames that together cover all positions.
    private (uint LastChecksum, long LastTimeMicros, long Removed) Copy(LogSegment[] old, LogSegment compacted)
    {
        uint previousChecksum = compacted.Header.PreviousChecksum;
        long position = compacted.Header.FirstPosition;
        long removed = 0;
        long timeMicros = 0;
        bool isOpen = false;
        foreach (FrameCursor frame in old.SelectMany(Frames))
        {
            if (isOpen && _frame.PayloadBytes > FrameBytes)
            {
                Write(position - 1);
            }

            if (!isOpen)
            {
                _frame.Begin(position, frame.FirstTimeMicros);
                isOpen = true;
            }

            removed += CopyLive(frame);
            position = frame.LastPosition + 1;
        }

        if (isOpen)
        {
            // Segments that a crash left without a frame stay without one.
            Write(compacted.Header.Compacted.LastPosition);
        }

        return (previousChecksum, timeMicros, removed);

        void Write(long lastPosition)
        {
            long offset = compacted.End;
            compacted.File.Write(offset, _frame.Seal(compacted.Header.Salt, offset, previousChecksum, lastPosition, out FrameHeader header));
            compacted.Publish(offset, header);
            previousChecksum = header.Checksum;
            timeMicros = _frame.LastTimeMicros;
            isOpen = false;
        }
    }

    private long CopyLive(FrameCursor frame)
    {
        long removed = 0;
        while (frame.TryTake(out LogRecord record))
        {
            if (isAlive(record))
            {
                _frame.Add(record);
            }
            else
            {
                removed++;
            }

            if (record.EndsCommit)
            {
                _frame.EndCommit();
            }
        }

        return removed;
    }

    private IEnumerable<FrameCursor> Frames(LogSegment segment)
    {
        using FrameScanner scanner = new(segment.File, segment.Header.Salt, SegmentHeader.Bytes);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            log.ThrowIfUnusable();
            FrameScanResult result = scanner.Read(segment.End, out FrameHeader header, out ReadOnlyMemory<byte> bytes, out FrameDamage damage);
            if (result == FrameScanResult.Damaged)
            {
                throw new LogCorruptException(segment.Name, damage.Offset, damage.Expected, damage.Found);
            }

            if (result == FrameScanResult.End)
            {
                yield break;
            }

            yield return new FrameCursor(header, bytes);
        }
    }

    private sealed class Candidate(LogSegment segment, long liveBytes, long jumpBytes)
    {
        // Each frame has a header, a trailer, and zeros up to the next multiple of the alignment.
        private const int BytesBesideFrame = 2 * FrameFormat.Alignment;

        public LogSegment Segment => segment;

        // What it comes to at most when it is written anew.
        public long WrittenBytes
        {
            get
            {
                long payload = liveBytes + jumpBytes;
                return payload + (((payload / FrameBytes) + 1) * BytesBesideFrame);
            }
        }

        // Jumps and frames count as well: what was compacted before is not poor again for them.
        public double LiveRatio => (double)WrittenBytes / Math.Max(1, segment.End - SegmentHeader.Bytes);

        // Compacted until one frame was left of it: nothing can be gained.
        public bool IsBare => segment.Header.Generation > 0 && segment.End <= SegmentHeader.Bytes + FrameFormat.Alignment;

        public bool IsDone { get; set; }
    }
}
