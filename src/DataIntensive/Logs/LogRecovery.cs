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
internal sealed class LogRecovery
{
    private readonly IStorage _storage;
    private readonly CommitLogOptions _options;
    private readonly List<LogSegment> _segments = [];
    private readonly List<string> _leftovers = [];
    private LogManifest? _manifest;
    private long _firstPosition = 1;
    private long _lastPosition;
    private long _provenPosition;
    private uint _lastChecksum;
    private long _lastTimeMicros;
    private long _bytesRead;
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
        LogRecovery recovery = new(storage, options);
        try
        {
            recovery.Look(cancellationToken);
            return recovery.Finish();
        }
        catch
        {
            foreach (LogSegment segment in recovery._segments)
            {
                segment.Dispose();
            }

            throw;
        }
    }

    private void Look(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> files = _storage.List();
        List<string> names = [.. files.Where(LogSegment.IsName)];
        _manifest = files.Contains(LogManifest.FileName) ? ReadManifest(names) : null;
        if (!Writes)
        {
            // A writer beside makes a segment before the manifest names it: only a list that is younger than the manifest has it.
            names = [.. _storage.List().Where(LogSegment.IsName)];
        }

        if (_manifest is null)
        {
            // The manifest is there before the first segment is.
            if (names.Count > 0)
            {
                throw new LogCorruptException(LogManifest.FileName, 0, "the log's manifest", "no such file");
            }

            return;
        }

        _firstPosition = _manifest.FirstPosition;
        _lastPosition = _firstPosition - 1;
        _provenPosition = _manifest.MarkPosition;
        names = [.. names.Where(IsCurrent)];
        _bytesTotal = names.Sum(LengthOf);
        for (long number = _manifest.FirstSegment; number <= _manifest.LastSegment; number++)
        {
            string name = LogSegment.NameOf(number);
            if (!names.Contains(name))
            {
                throw new LogCorruptException(name, 0, "a segment file", "no such file");
            }

            LookAt(number, name, cancellationToken);
        }

        CheckMark();
    }

    // A manifest that was never finished belongs to a log in which nothing was ever written.
    private LogManifest? ReadManifest(List<string> segments)
    {
        using IStorageFile file = _storage.Open(LogManifest.FileName, StorageOpenMode.Read);
        if (LogManifest.Read(file) is { } manifest)
        {
            return manifest;
        }

        if (segments.Count > 0)
        {
            throw new LogCorruptException(LogManifest.FileName, 0, "one whole slot of two", "none");
        }

        return null;
    }

    // Files before the first segment were trimmed, the one behind the last was about to be begun: neither holds anything that counts.
    private bool IsCurrent(string name)
    {
        long number = LogSegment.NumberOf(name);
        bool current = number >= _manifest!.FirstSegment && number <= _manifest.LastSegment;
        if (!current)
        {
            _leftovers.Add(name);
        }

        return current;
    }

    private long LengthOf(string name)
    {
        using IStorageFile file = _storage.Open(name, StorageOpenMode.Read);
        return file.Length;
    }

    private void LookAt(long number, string name, CancellationToken cancellationToken)
    {
        bool isLast = number == _manifest!.LastSegment;
        IStorageFile file = _storage.Open(name, isLast && Writes ? StorageOpenMode.Write : StorageOpenMode.Read);
        byte[] headerBytes = new byte[SegmentHeader.Bytes];
        int read = file.Read(0, headerBytes);
        SegmentHeader? header;
        try
        {
            header = SegmentHeader.Read(headerBytes.AsSpan(0, read), name, out (int Offset, string Expected, string Found) damage);
            if (header is null)
            {
                throw new LogCorruptException(name, damage.Offset, damage.Expected, damage.Found);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        LogSegment segment = new(name, header.Value, file);
        _segments.Add(segment);
        CheckHeader(number, name, header.Value);
        ScanFrames(segment, isLast, cancellationToken);
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

    private void ScanFrames(LogSegment segment, bool isLast, CancellationToken cancellationToken)
    {
        long length = segment.File.Length;
        long given = segment.Header.FileBytes;
        using FrameScanner scanner = new(segment.File, segment.Header.Salt, SegmentHeader.Bytes);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long offset = scanner.Offset;
            FrameScanResult result = scanner.Read(length, out FrameHeader frame, out _, out FrameDamage damage);
            if (result == FrameScanResult.Frame)
            {
                TakeFrame(segment, offset, frame);
                given = Math.Max(given, frame.FileBytes);
                continue;
            }

            if (result == FrameScanResult.Damaged && IsDamage(segment, offset, length, isLast))
            {
                // A writer beside may have written the frame since these bytes were read. What proves it was read by now, so what
                // stands there now is what counts.
                length = segment.File.Length;
                scanner.ReadAnew();
                if (Writes || scanner.Read(length, out frame, out _, out damage) != FrameScanResult.Frame)
                {
                    throw new LogCorruptException(segment.Name, damage.Offset, damage.Expected, damage.Found);
                }

                TakeFrame(segment, offset, frame);
                given = Math.Max(given, frame.FileBytes);
                continue;
            }

            break;
        }

        // A segment that is done with is cut back to its frames; the one that was being written has the length that its frames tell.
        long expected = !isLast ? segment.End : IsClosedAt(segment) ? _manifest!.MarkOffset : given;
        if (length < expected && !(length == segment.End && IsWrittenMeanwhile()))
        {
            throw new LogCorruptException(segment.Name, length, $"a file of {expected} bytes", $"its end after {length}");
        }

        Report(length);
    }

    private void TakeFrame(LogSegment segment, long offset, in FrameHeader frame)
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
        _lastTimeMicros = frame.TimeMicros;
        _provenPosition = Math.Max(_provenPosition, frame.Durable);
    }

    // Here no frame begins. Zeros to the end of the file are space that was prepared. Anything else is a write that was not finished,
    // unless something recorded elsewhere says that what stood here had been synced.
    private bool IsDamage(LogSegment segment, long offset, long length, bool isLast)
    {
        long used = FindEndOfUse(segment, offset, length);
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

    // A writer beside cuts a segment back to its frames when it begins the next or closes: the manifest says so before.
    private bool IsWrittenMeanwhile()
    {
        if (Writes)
        {
            return false;
        }

        using IStorageFile file = _storage.Open(LogManifest.FileName, StorageOpenMode.Read);
        return LogManifest.Read(file) is { } now && (now.LastSegment > _manifest!.LastSegment || (now.IsClosed && !_manifest.IsClosed));
    }

    private bool IsClosedAt(LogSegment segment) => _manifest!.IsClosed && segment.Header.Number == _manifest.MarkSegment;

    private bool IsBeforeMark(LogSegment segment, long offset) =>
        segment.Header.Number == _manifest!.MarkSegment && offset < _manifest.MarkOffset;

    // The offset behind the last byte that is not zero.
    private static long FindEndOfUse(LogSegment segment, long offset, long length)
    {
        byte[] buffer = new byte[256 * 1024];
        long used = offset;
        for (long at = offset; at < length;)
        {
            int read = segment.File.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at)));
            if (read == 0)
            {
                break;
            }

            int last = buffer.AsSpan(0, read).LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
            {
                used = at + last + 1;
            }

            at += read;
        }

        return used;
    }

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

    private RecoveredLog Finish()
    {
        string? aside = null;
        if (Writes)
        {
            foreach (string name in _leftovers)
            {
                _storage.Delete(name);
            }

            if (_torn is { } torn)
            {
                aside = KeepAside(torn.Segment, torn.Offset, torn.Bytes);

                // Overwritten, not cut: a file that a second crash leaves short would look damaged.
                torn.Segment.File.Write(torn.Offset, new byte[torn.Bytes]);
            }

            bool isProven = _manifest is { IsClosed: true } && _torn is null;
            if (_segments.Count > 0 && !isProven)
            {
                WriteUnprovenAgain(_segments[^1]);
            }

            if (_leftovers.Count > 0)
            {
                _storage.FlushNames();
            }

            _provenPosition = _lastPosition;
        }

        LogRecoveryReport report = new(
            _torn is null && (_manifest is null || (_manifest.IsClosed && _manifest.MarkPosition == _lastPosition)),
            new LogPosition(_lastPosition),
            _segments.Count,
            _torn?.Bytes ?? 0,
            _torn?.Segment.Name,
            _torn?.Offset ?? 0,
            aside);
        return new RecoveredLog(_manifest, _segments, _firstPosition, _lastPosition, Math.Min(_provenPosition, _lastPosition), _lastChecksum, _lastTimeMicros, report);
    }

    // After a mere process crash the tail may stand in the page cache only; it is served from now on, so it must be synced. A flush is
    // not enough where a former one failed: the system takes the pages for clean since then. Written again, they are not.
    private void WriteUnprovenAgain(LogSegment segment)
    {
        byte[] buffer = new byte[256 * 1024];
        long at = segment.OffsetBefore(Math.Max(_provenPosition, segment.Header.FirstPosition - 1) + 1);
        while (at < segment.End)
        {
            int read = segment.File.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, segment.End - at)));
            segment.File.Write(at, buffer.AsSpan(0, read));
            at += read;
        }

        segment.File.Flush();
    }

    private string KeepAside(LogSegment segment, long offset, long count)
    {
        byte[] bytes = new byte[count];
        segment.File.Read(offset, bytes);
        string aside = $"torn-{Path.GetFileNameWithoutExtension(segment.Name)}-{offset}.bin";
        _storage.Delete(aside);
        using (IStorageFile copy = _storage.Open(aside, StorageOpenMode.CreateNew))
        {
            copy.Write(0, bytes);
            copy.Flush();
        }

        _storage.FlushNames();
        return aside;
    }

    private void Report(long bytes)
    {
        _bytesRead += bytes;
        _options.RecoveryProgress?.Report(new LogRecoveryProgress(_bytesRead, _bytesTotal));
    }
}
