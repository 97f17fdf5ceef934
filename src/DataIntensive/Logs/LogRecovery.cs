using DataIntensive.Storage;

namespace DataIntensive.Logs;

internal sealed record RecoveredLog(
    LogManifest? Manifest,
    List<LogSegment> Segments,
    long FirstPosition,
    long LastPosition,
    long ProvenPosition,
    uint LastChecksum,
    long LastTimeMicros,
    LogRecoveryReport Report);

// Walks all segments once, in order, and decides between an unfinished write and damage by what was recorded elsewhere: the
// manifest, later segments, and later frames. First everything is looked at; only then, when nothing stands against it, is
// anything changed. A crash in between is harmless: the next recovery finds the same and does the same.
internal sealed partial class LogRecovery
{
    private const int MostAttempts = 20;

    private readonly IStorage _storage;
    private readonly CommitLogOptions _options;
    private readonly List<LogSegment> _segments = [];
    private readonly List<Action> _missingIndexes = [];
    private readonly List<string> _damagedIndexes = [];
    private IReadOnlyList<string> _files = [];
    private LogManifest? _manifest;
    private long _firstPosition = 1;
    private long _lastPosition;
    private long _provenPosition;
    private uint _lastChecksum;
    private long _lastTimeMicros;
    private long _bytesChecked;
    private long _bytesTotal;
    private (LogSegment Segment, long Offset, long Bytes)? _torn;

    private LogRecovery(IStorage storage, CommitLogOptions options)
    {
        _storage = storage;
        _options = options;
    }

    private bool Writes => _options.OpenMode == LogOpenMode.Write;

    public static RecoveredLog Run(IStorage storage, CommitLogOptions options, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            LogRecovery recovery = new(storage, options);
            try
            {
                recovery.Look(cancellationToken);
                return recovery.Finish();
            }
            catch (Exception exception)
            {
                foreach (LogSegment segment in recovery._segments)
                {
                    segment.Dispose();
                }

                if (attempt == MostAttempts || exception is not (LogCorruptException or FileNotFoundException) || !recovery.FolderChangedMeanwhile())
                {
                    throw;
                }
            }
        }
    }

    // A writer beside trims and compacts: files that the reader has heard of go, and others stand for them. The list may be younger than
    // that and the manifest older, so both are compared.
    private bool FolderChangedMeanwhile()
    {
        if (Writes)
        {
            return false;
        }

        IReadOnlyList<string> files = _storage.List();
        return !files.SequenceEqual(_files) || ManifestIn(files)?.Generation != _manifest?.Generation;
    }

    private void Look(CancellationToken cancellationToken)
    {
        _files = _storage.List();
        _manifest = ReadManifest();
        if (!Writes)
        {
            // A writer beside makes a segment before the manifest names it: only a list that is younger than the manifest has it.
            _files = _storage.List();
        }

        SegmentFiles files = new(_files);
        if (_manifest is null)
        {
            // The manifest is there before the first segment is.
            if (files.Any)
            {
                throw new LogCorruptException(LogManifest.FileName, 0, "the log's manifest", "no such file");
            }

            return;
        }

        _firstPosition = _manifest.FirstPosition;
        _lastPosition = _firstPosition - 1;
        _provenPosition = _manifest.MarkPosition;
        _bytesTotal = files.Newest(_manifest.FirstSegment, _manifest.LastSegment).Sum(name => LengthOf(name.Segment));
        for (long number = _manifest.FirstSegment; number <= _manifest.LastSegment; number = _segments[^1].Header.LastNumber + 1)
        {
            bool isLast = number == _manifest.LastSegment;
            LogSegment segment = files.Open(_storage, number, isLast && Writes ? StorageOpenMode.Write : StorageOpenMode.Read);
            _segments.Add(segment);
            CheckHeader(number, segment.Name, segment.Header);
            if (!TakeUnseen(segment, isLast))
            {
                ScanFrames(segment, isLast, cancellationToken);
            }

            CheckCompacted(segment);
        }

        CheckMark();
    }

    // A manifest that was never finished belongs to a log in which nothing was ever written.
    private LogManifest? ReadManifest()
    {
        LogManifest? manifest = ManifestIn(_files);
        return manifest is not null || !_files.Contains(LogManifest.FileName) || !new SegmentFiles(_files).Any
            ? manifest
            : throw new LogCorruptException(LogManifest.FileName, 0, "one whole slot of two", "none");
    }

    private LogManifest? ManifestIn(IReadOnlyList<string> files)
    {
        if (!files.Contains(LogManifest.FileName))
        {
            return null;
        }

        using IStorageFile file = _storage.Open(LogManifest.FileName, StorageOpenMode.Read);
        return LogManifest.Read(file);
    }

    private long LengthOf(string name)
    {
        using IStorageFile file = _storage.Open(name, StorageOpenMode.Read);
        return file.Length;
    }

    private void CheckHeader(long number, string name, in SegmentHeader header)
    {
        if (header.Number != number)
        {
            throw new LogCorruptException(name, 40, $"segment {number}", $"{header.Number}");
        }

        if (header.LogId != _manifest!.LogId)
        {
            throw new LogCorruptException(name, 24, $"log {_manifest.LogId}", $"{header.LogId}");
        }

        if (header.FirstPosition != _lastPosition + 1)
        {
            throw new LogCorruptException(name, 48, $"first position {_lastPosition + 1}", $"{header.FirstPosition}");
        }

        if (_segments.Count == 1)
        {
            _lastChecksum = header.PreviousChecksum;
        }
        else if (header.PreviousChecksum != _lastChecksum)
        {
            throw new LogCorruptException(name, 80, $"checksum {_lastChecksum:x8} of the frame before", $"{header.PreviousChecksum:x8}");
        }
    }

    // What was proven before need not be read again when the caller does not ask for it and the segment's index says how it ends.
    private bool TakeUnseen(LogSegment segment, bool isLast)
    {
        if (_options.OpenCheck == LogOpenCheck.Everything || (isLast && !IsClosedAt(segment)))
        {
            return false;
        }

        long length = segment.File.Length;
        if (IndexFile.TryReadHeader(_storage, segment, length) is not { } index
            || index.LastPosition < segment.Header.FirstPosition
            || (isLast && (index.End != _manifest!.MarkOffset || index.LastChecksum != _manifest.MarkChecksum || index.LastPosition != _manifest.MarkPosition)))
        {
            return false;
        }

        segment.PublishUnseen(index.End);
        _lastPosition = index.LastPosition;
        _lastChecksum = index.LastChecksum;
        _lastTimeMicros = index.LastTimeMicros;
        _provenPosition = Math.Max(_provenPosition, _lastPosition);
        _bytesTotal -= length;
        return true;
    }

    // The header of a compacted segment says how it ends, and what the next segment takes for its predecessor.
    private void CheckCompacted(LogSegment segment)
    {
        if (segment.Header.Generation == 0)
        {
            return;
        }

        CompactedSpan span = segment.Header.Compacted;
        if (_lastPosition != span.LastPosition || _lastChecksum != span.LastChecksum || segment.End != segment.Header.FileBytes)
        {
            throw new LogCorruptException(
                segment.Name,
                segment.End,
                $"frames up to position {span.LastPosition} in {segment.Header.FileBytes} bytes",
                $"the end after position {_lastPosition}");
        }

        _lastChecksum = span.FormerChecksum;
    }

    private void ScanFrames(LogSegment segment, bool isLast, CancellationToken cancellationToken)
    {
        long length = segment.File.Length;
        long given = segment.Header.FileBytes;
        using FrameScanner scanner = new(segment.File, segment.Header.Salt, SegmentHeader.Bytes);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long offset = scanner.Offset;
            FrameScanResult result = scanner.Read(length, out FrameHeader frame, out ReadOnlyMemory<byte> bytes, out FrameDamage damage);
            if (result == FrameScanResult.Frame)
            {
                TakeFrame(segment, offset, frame, bytes);
                given = Math.Max(given, frame.FileBytes);
                continue;
            }

            if (result == FrameScanResult.Damaged && IsDamage(segment, offset, length, isLast))
            {
                // A writer beside may have written the frame since these bytes were read. What proves it was read by now, so what
                // stands there now is what counts.
                length = segment.File.Length;
                scanner.ReadAnew();
                if (Writes || scanner.Read(length, out frame, out bytes, out damage) != FrameScanResult.Frame)
                {
                    throw new LogCorruptException(segment.Name, damage.Offset, damage.Expected, damage.Found);
                }

                TakeFrame(segment, offset, frame, bytes);
                given = Math.Max(given, frame.FileBytes);
                continue;
            }

            break;
        }

        // A segment that is done with is cut back to its frames; the one that was being written has the length that its frames tell.
        long expected = !isLast ? segment.End : IsClosedAt(segment) ? _manifest!.MarkOffset : given;
        if (length < expected && !(length == segment.End && WasEndedMeanwhile()))
        {
            throw new LogCorruptException(segment.Name, length, $"a file of {expected} bytes", $"its end after {length}");
        }

        if (!isLast || IsClosedAt(segment))
        {
            CheckIndex(segment);
        }

        Report(length);
    }

    // The index was made anew by reading the segment; the one beside it must be the same.
    private void CheckIndex(LogSegment segment)
    {
        IndexFile expected = new(segment.Header.Salt, segment.End, _lastPosition, _lastTimeMicros, _lastChecksum, segment.Index.Count);
        bool exists = _files.Contains(segment.IndexName);
        if (exists
            && IndexFile.TryReadHeader(_storage, segment, segment.End) == expected
            && IndexFile.TryReadEntries(_storage, segment) is { } index
            && index.ToArray().AsSpan().SequenceEqual(segment.Index.ToArray()))
        {
            return;
        }

        if (exists)
        {
            _damagedIndexes.Add(segment.IndexName);
        }

        _missingIndexes.Add(() => IndexFile.TryWrite(_storage, segment, expected.LastPosition, expected.LastTimeMicros, expected.LastChecksum));
    }

    private void TakeFrame(LogSegment segment, long offset, in FrameHeader frame, ReadOnlyMemory<byte> bytes)
    {
        if (frame.PreviousChecksum != _lastChecksum)
        {
            throw new LogCorruptException(segment.Name, offset + 44, $"checksum {_lastChecksum:x8} of the frame before", $"{frame.PreviousChecksum:x8}");
        }

        if (frame.FirstPosition != _lastPosition + 1)
        {
            throw new LogCorruptException(segment.Name, offset + 16, $"position {_lastPosition + 1}", $"{frame.FirstPosition}");
        }

        segment.Publish(offset, frame);
        _lastPosition = frame.LastPosition;
        _lastChecksum = frame.Checksum;
        _lastTimeMicros = frame.IsCompacted ? new FrameCursor(frame, bytes).LastTimeMicros() : frame.TimeMicros;
        _provenPosition = Math.Max(_provenPosition, frame.Durable);
    }

    // Here no frame begins. Zeros to the end of the file are space that was prepared. Anything else is a write that was not finished,
    // unless something recorded elsewhere says that what stood here had been synced.
    private bool IsDamage(LogSegment segment, long offset, long length, bool isLast)
    {
        long used = EndOfUse.Find(segment.File, offset, length);
        if (used == offset)
        {
            return false;
        }

        if (!isLast
            || _provenPosition > _lastPosition
            || IsBeforeMark(segment, offset)
            || IsClosedAt(segment)
            || _options.RecoveryPolicy == RecoveryPolicy.Strict
            || LaterFrameProves(segment, offset, used))
        {
            return true;
        }

        _torn = (segment, offset, used - offset);
        return false;
    }

    // A writer beside cuts a segment back to its frames when it begins the next or closes: the manifest says so before. Looking at the
    // whole folder anew instead would never end in a log that grows faster than it is read.
    private bool WasEndedMeanwhile() =>
        !Writes
        && ManifestIn(_files) is { } now
        && (now.LastSegment > _manifest!.LastSegment || (now.IsClosed && !_manifest.IsClosed));

    private bool IsClosedAt(LogSegment segment) => _manifest!.IsClosed && segment.Header.Number == _manifest.MarkSegment;

    private bool IsBeforeMark(LogSegment segment, long offset) =>
        segment.Header.Number == _manifest!.MarkSegment && offset < _manifest.MarkOffset;

    // Whether a frame behind the damage says that the position behind the last good one had been synced.
    private bool LaterFrameProves(LogSegment segment, long damagedAt, long end)
    {
        byte[] header = new byte[FrameFormat.HeaderBytes];
        for (long offset = damagedAt + FrameFormat.Alignment; offset < end; offset += FrameFormat.Alignment)
        {
            int read = segment.File.Read(offset, header);
            if (read == header.Length
                && FrameFormat.TryReadHeader(header, segment.Header.Salt, offset, out FrameHeader later)
                && later.Durable > _lastPosition)
            {
                return true;
            }
        }

        return false;
    }

    // What was noted as synced must be there, up to its last frame.
    private void CheckMark()
    {
        if (_lastPosition >= _manifest!.MarkPosition)
        {
            return;
        }

        LogSegment last = _segments[^1];
        throw new LogCorruptException(last.Name, last.End, $"frames up to position {_manifest.MarkPosition}", $"the end after position {_lastPosition}");
    }
}
