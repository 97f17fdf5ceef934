using DataIntensive.Storage;

namespace DataIntensive.Logs;

// What recovery changes, once nothing stands against the log.
internal sealed partial class LogRecovery
{
    private const int CopyBytes = 256 * 1024;

    private RecoveredLog Finish()
    {
        string? aside = null;
        if (Writes)
        {
            DeleteLeftovers();
            if (_torn is { } torn)
            {
                aside = KeepAside(torn.Segment, torn.Offset, torn.Bytes, mayUseReserve: true);

                // Overwritten, not cut: a file that a second crash leaves short would look damaged.
                torn.Segment.File.Write(torn.Offset, new byte[torn.Bytes]);
            }

            bool isProven = _manifest is { IsClosed: true } && _torn is null;
            if (_segments.Count > 0 && !isProven)
            {
                WriteUnprovenAgain(_segments[^1]);
            }

            _missingIndexes.ForEach(write => write());
            _provenPosition = _lastPosition;
        }

        LogRecoveryReport report = new(
            _torn is null && (_manifest is null || (_manifest.IsClosed && _manifest.MarkPosition == _lastPosition)),
            new LogPosition(_lastPosition),
            _segments.Count,
            _torn?.Bytes ?? 0,
            _torn?.Segment.Name,
            _torn?.Offset ?? 0,
            aside)
        {
            BytesChecked = _bytesChecked,
            DamagedIndexes = _damagedIndexes,
        };
        return new RecoveredLog(_manifest, _segments, _firstPosition, _lastPosition, Math.Min(_provenPosition, _lastPosition), _lastChecksum, _lastTimeMicros, report);
    }

    // Segments that were trimmed, compacted into others, begun and not finished, or prepared and never begun; and indexes without one.
    private void DeleteLeftovers()
    {
        bool any = false;
        foreach (string name in _files)
        {
            bool isSegment = SegmentName.TryParseSegment(name, out SegmentName parsed);
            if ((isSegment || SegmentName.TryParseIndex(name, out parsed)) && !_segments.Any(segment => segment.Name == parsed.Segment))
            {
                _storage.Delete(name);
                any = true;
            }
        }

        if (any)
        {
            _storage.FlushNames();
        }
    }

    // After a mere process crash the tail may stand in the page cache only; it is served from now on, so it must be synced. A flush is
    // not enough where a former one failed: the system takes the pages for clean since then. Written again, they are not.
    private void WriteUnprovenAgain(LogSegment segment)
    {
        byte[] buffer = new byte[CopyBytes];
        long at = segment.Index.OffsetBefore(Math.Max(_provenPosition, segment.Header.FirstPosition - 1) + 1);
        while (at < segment.End)
        {
            int read = segment.File.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, segment.End - at)));
            segment.File.Write(at, buffer.AsSpan(0, read));
            at += read;
        }

        segment.File.Flush();
    }

    private string KeepAside(LogSegment segment, long offset, long count, bool mayUseReserve)
    {
        byte[] bytes = new byte[count];
        segment.File.Read(offset, bytes);
        try
        {
            return KeepAside(segment, offset, bytes);
        }
        catch (IOException exception) when (mayUseReserve && CommitLog.IsDiskFull(exception))
        {
            _storage.Delete(CommitLog.ReserveFileName);
            return KeepAside(segment, offset, count, mayUseReserve: false);
        }
    }

    private string KeepAside(LogSegment segment, long offset, byte[] bytes)
    {
        for (int copy = 1; ; copy++)
        {
            string aside = $"torn-{Path.GetFileNameWithoutExtension(segment.Name)}-{offset}{(copy == 1 ? "" : $"-{copy}")}.bin";
            if (_files.Contains(aside) && !HoldsPartOf(aside, bytes))
            {
                // Of an earlier crash at the same place.
                continue;
            }

            _storage.Delete(aside);
            using (IStorageFile file = _storage.Open(aside, StorageOpenMode.CreateNew))
            {
                file.Write(0, bytes);
                file.Flush();
            }

            _storage.FlushNames();
            return aside;
        }
    }

    // A recovery that crashed has left the whole of it, or a part.
    private bool HoldsPartOf(string aside, byte[] bytes)
    {
        using IStorageFile file = _storage.Open(aside, StorageOpenMode.Read);
        byte[] found = new byte[Math.Min(file.Length, bytes.Length + 1)];
        int read = file.Read(0, found);
        return bytes.AsSpan().StartsWith(found.AsSpan(0, read));
    }

    private void Report(long bytes)
    {
        _bytesChecked += bytes;
        _options.RecoveryProgress?.Report(new LogRecoveryProgress(_bytesChecked, _bytesTotal));
    }
}
