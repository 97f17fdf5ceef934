using System.Security.Cryptography;
using DataIntensive.Storage;

namespace DataIntensive.Logs;

internal sealed record RecoveredLog(
    Guid LogId,
    List<LogSegment> Segments,
    long LastPosition,
    long LastEpoch,
    uint LastChecksum,
    long LastTimeMicros,
    LogRecoveryReport Report);

// Walks all segments once, in order. Everything but the end of the last segment was fsynced before something later was
// written, so damage there is damage; at the end it is torn only when nothing written later proves that it was durable.
internal sealed class LogRecovery
{
    private readonly IStorage _storage;
    private readonly List<LogSegment> _segments = [];
    private Guid _logId;
    private long _lastPosition;
    private long _lastEpoch;
    private uint _lastChecksum;
    private long _lastTimeMicros;
    private bool _closed = true;
    private (long Bytes, string File, long Offset, string Aside)? _torn;

    private LogRecovery(IStorage storage) => _storage = storage;

    public static RecoveredLog Run(IStorage storage, CancellationToken cancellationToken)
    {
        LogRecovery recovery = new(storage);
        try
        {
            return recovery.Run(cancellationToken);
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

    private RecoveredLog Run(CancellationToken cancellationToken)
    {
        string[] names = [.. _storage.List().Where(LogSegment.IsName)];
        for (int i = 0; i < names.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool isLast = i == names.Length - 1;
            IStorageFile file = _storage.Open(names[i], isLast ? StorageOpenMode.Write : StorageOpenMode.Read);
            try
            {
                if (!Recover(names[i], file, isLast, cancellationToken))
                {
                    file.Dispose();
                }
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        if (_segments.Count == 0)
        {
            Span<byte> id = stackalloc byte[16];
            RandomNumberGenerator.Fill(id);
            _logId = new Guid(id);
        }

        LogRecoveryReport report = new(
            _closed && _torn is null,
            new LogPosition(_lastPosition),
            _segments.Count,
            _torn?.Bytes ?? 0,
            _torn?.File,
            _torn?.Offset ?? 0,
            _torn?.Aside);
        return new RecoveredLog(_logId, _segments, _lastPosition, _lastEpoch, _lastChecksum, _lastTimeMicros, report);
    }

    // False when the file was an unfinished creation and is gone.
    private bool Recover(string name, IStorageFile file, bool isLast, CancellationToken cancellationToken)
    {
        byte[] headerBytes = new byte[SegmentHeader.Bytes];
        int read = file.Read(0, headerBytes);
        if (SegmentHeader.Read(headerBytes.AsSpan(0, read), name, out (int Offset, string Expected, string Found) damage) is not { } header)
        {
            // The header is fsynced before the first frame is written: a file without frames may be an unfinished creation.
            if (!isLast || file.Length > SegmentHeader.Bytes)
            {
                throw new LogCorruptException(name, damage.Offset, damage.Expected, damage.Found);
            }

            KeepAside(name, file, 0);
            _storage.Delete(name);
            _storage.FlushNames();
            return false;
        }

        CheckChain(name, header);
        LogSegment segment = new(name, header, file);
        ScanFrames(segment, isLast, cancellationToken);
        _lastEpoch = header.Epoch;
        if (isLast && segment.End == SegmentHeader.Bytes)
        {
            // No frame ever stood in it: the next writer makes its own.
            segment.Dispose();
            _storage.Delete(name);
            _storage.FlushNames();
            return true;
        }

        _segments.Add(segment);
        return true;
    }

    private void CheckChain(string name, in SegmentHeader header)
    {
        if (LogSegment.NameOf(header.Number) != name)
        {
            throw new LogCorruptException(name, 40, $"the number in the file's name", $"{header.Number}");
        }

        if (_segments.Count == 0)
        {
            _logId = header.LogId;
            _lastPosition = header.FirstPosition - 1;
            _lastChecksum = header.PreviousChecksum;
            return;
        }

        if (header.LogId != _logId)
        {
            throw new LogCorruptException(name, 24, $"log {_logId}", $"{header.LogId}");
        }

        long number = _segments[^1].Header.Number + 1;
        if (header.Number != number)
        {
            throw new LogCorruptException(LogSegment.NameOf(number), 0, "a segment file", "none");
        }

        if (header.FirstPosition != _lastPosition + 1)
        {
            throw new LogCorruptException(name, 48, $"first position {_lastPosition + 1}", $"{header.FirstPosition}");
        }

        if (header.PreviousChecksum != _lastChecksum)
        {
            throw new LogCorruptException(name, 80, $"checksum {_lastChecksum:x8} of the frame before", $"{header.PreviousChecksum:x8}");
        }
    }

    private void ScanFrames(LogSegment segment, bool isLast, CancellationToken cancellationToken)
    {
        long length = segment.File.Length;
        using FrameScanner scanner = new(segment.File, segment.Header.Salt, SegmentHeader.Bytes);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long offset = scanner.Offset;
            FrameScanResult result = scanner.Read(length, out FrameHeader frame, out _, out FrameDamage damage);
            if (result == FrameScanResult.End)
            {
                break;
            }

            if (result == FrameScanResult.Frame)
            {
                CheckFrame(segment, offset, frame);
                segment.Publish(offset, frame);
                _lastPosition = frame.LastPosition;
                _lastChecksum = frame.Checksum;
                _lastTimeMicros = frame.TimeMicros;
                _closed = frame.IsCloseMark;
                continue;
            }

            if (!isLast || _closed && offset > SegmentHeader.Bytes || ProvesDurable(segment, offset, length))
            {
                throw new LogCorruptException(segment.Name, damage.Offset, damage.Expected, damage.Found);
            }

            KeepAside(segment.Name, segment.File, offset);
            segment.File.SetLength(offset);
            segment.File.Flush();
            break;
        }

        if (isLast && !_closed)
        {
            // After a mere process crash the tail may stand in the page cache only; it is served from now on.
            segment.File.Flush();
        }
    }

    private void CheckFrame(LogSegment segment, long offset, in FrameHeader frame)
    {
        if (frame.PreviousChecksum != _lastChecksum)
        {
            throw new LogCorruptException(segment.Name, offset + 44, $"checksum {_lastChecksum:x8} of the frame before", $"{frame.PreviousChecksum:x8}");
        }

        if (frame.FirstPosition != _lastPosition + 1)
        {
            throw new LogCorruptException(segment.Name, offset + 16, $"position {_lastPosition + 1}", $"{frame.FirstPosition}");
        }
    }

    // Whether a frame that was written later says that the position behind the last good one had been fsynced.
    private bool ProvesDurable(LogSegment segment, long damagedAt, long length)
    {
        byte[] tail = new byte[length - damagedAt];
        int read = segment.File.Read(damagedAt, tail);
        for (int offset = FrameFormat.Alignment; offset + FrameFormat.HeaderBytes <= read; offset += FrameFormat.Alignment)
        {
            if (FrameFormat.TryReadHeader(tail.AsSpan(offset), segment.Header.Salt, damagedAt + offset, out FrameHeader later)
                && later.Durable > _lastPosition)
            {
                return true;
            }
        }

        return false;
    }

    private void KeepAside(string name, IStorageFile file, long offset)
    {
        byte[] bytes = new byte[file.Length - offset];
        int count = file.Read(offset, bytes);
        if (count == 0)
        {
            return;
        }

        string aside = $"torn-{Path.GetFileNameWithoutExtension(name)}-{offset}.bin";
        _storage.Delete(aside);
        using (IStorageFile copy = _storage.Open(aside, StorageOpenMode.CreateNew))
        {
            copy.Write(0, bytes.AsSpan(0, count));
            copy.Flush();
        }

        _storage.FlushNames();
        _torn = (count, name, offset, aside);
    }
}
