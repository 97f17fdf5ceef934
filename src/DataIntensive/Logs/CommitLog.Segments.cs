using System.Security.Cryptography;
using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive;

// Space is prepared before a commit is accepted, so that a full disk meets the appender and not the write: a frame may only be
// filled as far as the active segment, or else the spare one, has been given length on the disk.
public sealed partial class CommitLog
{
    private const long SmallestSegmentBytes = 256 * 1024;
    private const int GrowthUnit = 64 * 1024;

    private (string Name, IStorageFile File)? _spareSegment;
    private bool _hasActive;
    private long _takenBytes;
    private long _activeBytes;
    private long _spareBytes;
    private long _neededBytes;
    private bool _neededWithReserve;
    private bool _neededByOthers;
    private Exception? _full;
    private Exception? _fullWithReserve;

    /// <inheritdoc />
    public async ValueTask TrimAsync(LogPosition before, CancellationToken cancellationToken = default)
    {
        await _maintenance.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => Exclusively(() => Trim(before), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _maintenance.Release();
        }
    }

    // True when a frame of that size can be written whatever the disk says from now on.
    private bool HasRoom_NeedsLock(long frameBytes, bool mayUseReserve)
    {
        if ((_reserveIsWhole || mayUseReserve) && (FitsActive_NeedsLock(frameBytes) || SegmentHeader.Bytes + frameBytes <= _spareBytes))
        {
            return true;
        }

        ref Exception? full = ref mayUseReserve ? ref _fullWithReserve : ref _full;
        if (full is { } reason)
        {
            // Told once; the next appender tries again, since there may be space by then.
            full = null;
            throw new LogFullException($"There is no space for {frameBytes} more bytes in '{_storage.Location}': {reason.Message}", reason);
        }

        _neededBytes = Math.Max(_neededBytes, frameBytes);
        _neededWithReserve |= mayUseReserve;
        _neededByOthers |= !mayUseReserve;
        return false;
    }

    // Books the frame's place; true when it is the first of the spare segment.
    private bool TakeRoom_NeedsLock(long frameBytes)
    {
        if (FitsActive_NeedsLock(frameBytes))
        {
            _takenBytes += frameBytes;
            return false;
        }

        _hasActive = true;
        _takenBytes = SegmentHeader.Bytes + frameBytes;
        _activeBytes = _spareBytes;
        _spareBytes = 0;
        return true;
    }

    // A segment that was made for one large commit is longer than others, and takes no more.
    private bool FitsActive_NeedsLock(long frameBytes) =>
        _hasActive && _takenBytes + frameBytes <= Math.Min(_activeBytes, _options.SegmentBytes);

    private void PrepareRoom()
    {
        long needed;
        bool mayUseReserve;
        bool isAhead;
        lock (_gate)
        {
            isAhead = _neededBytes == 0;
            needed = isAhead ? _aheadBytes : _neededBytes;
            mayUseReserve = _neededWithReserve;
        }

        PreparedRoom room = new(_activeBytes, _spareBytes);
        Exception? full = null;
        Exception? fullWithReserve = null;
        try
        {
            full = TryPrepare(ref room, needed, withReserve: false);
            if (full is not null && mayUseReserve)
            {
                fullWithReserve = TryPrepare(ref room, needed, withReserve: true);
            }
        }
        catch (Exception exception)
        {
            PoisonBy(exception);
            return;
        }

        lock (_gate)
        {
            _activeBytes = room.Active;
            _spareBytes = room.Spare;
            PreparedRoom_NeedsLock(isAhead, full, fullWithReserve);
            ReleaseRoomWaiters_NeedsLock();
        }
    }

    // Returns why there is no room. Nothing was promised yet, so nothing is lost then.
    private IOException? TryPrepare(ref PreparedRoom room, long needed, bool withReserve)
    {
        try
        {
            if (withReserve)
            {
                GiveUpReserve();
            }
            else
            {
                TakeReserve();
            }

            if (_active is { } segment && _takenBytes + needed <= _options.SegmentBytes)
            {
                long bytes = withReserve ? Rounded(_takenBytes + needed) : Grown(room.Active, _takenBytes + needed);
                if (bytes > room.Active)
                {
                    segment.File.SetLength(bytes);
                    room.Active = bytes;
                }
            }
            else if (SegmentHeader.Bytes + needed > room.Spare)
            {
                long least = Rounded(SegmentHeader.Bytes + needed);
                room.Spare = PrepareSpare(withReserve ? least : Grown(_active is null ? 0 : _options.SegmentBytes / 2, least));
            }

            return null;
        }
        catch (IOException exception) when (IsDiskFull(exception))
        {
            return exception;
        }
    }

    private long Grown(long before, long atLeast) =>
        Rounded(Math.Max(atLeast, Math.Min(_options.SegmentBytes, Math.Max(SmallestSegmentBytes, before * 2))));

    private static long Rounded(long bytes) => (bytes + GrowthUnit - 1) / GrowthUnit * GrowthUnit;

    // The file with its final name and all its space, but without a header: nothing counts in it yet.
    private long PrepareSpare(long bytes)
    {
        if (_manifestFile is null)
        {
            // Before the first segment is there: segments without a manifest are damage.
            WriteManifest(_manifest);
        }

        string name = new SegmentName(_nextSegment, 0).Segment;
        if (_spareSegment is not { } spare)
        {
            spare = (name, _storage.Open(name, StorageOpenMode.CreateNew));
            _spareSegment = spare;
        }

        spare.File.SetLength(bytes);
        spare.File.Flush();
        _storage.FlushNames();
        return bytes;
    }

    private void BeginNextSegment(long firstPosition)
    {
        // A later segment proves that this one is complete, so it must be on the disk first.
        LogSegment? sealedSegment = _active;
        sealedSegment?.File.Flush();

        IStorageFile file = _spareSegment!.Value.File;
        Span<byte> salt = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(salt);
        SegmentHeader header = new(_manifest.LogId, _nextSegment, firstPosition, _epoch, BitConverter.ToUInt64(salt), NowMicros(), _previousChecksum, _activeBytes);
        byte[] bytes = new byte[SegmentHeader.Bytes];
        header.Write(bytes);
        file.Write(0, bytes);
        file.Flush();

        LogSegment segment = new(_storage, new SegmentName(_nextSegment, 0), header, file);
        WriteManifest(_manifest with
        {
            Epoch = _epoch,
            LastSegment = _nextSegment,
            IsClosed = false,
            MarkSegment = sealedSegment?.Header.Number ?? _manifest.MarkSegment,
            MarkOffset = sealedSegment?.End ?? _manifest.MarkOffset,
            MarkPosition = firstPosition - 1,
            MarkChecksum = _previousChecksum,
        });
        lock (_gate)
        {
            _segments = [.. _segments, segment];
        }

        _active = segment;
        _spareSegment = null;
        _nextSegment++;

        if (sealedSegment is not null)
        {
            // Gives back what a sealed segment does not use.
            sealedSegment.File.SetLength(sealedSegment.End);
            WriteIndex(sealedSegment);
        }
    }

    // Notes that all that is visible has been synced.
    private void WriteMark(bool isClosed)
    {
        _markDue = false;
        LogSegment? last = _active ?? (_segments.Length == 0 ? null : _segments[^1]);
        WriteManifest(_manifest with
        {
            IsClosed = isClosed,
            MarkSegment = last?.Header.Number ?? 0,
            MarkOffset = last?.End ?? 0,
            MarkPosition = _durable,
            MarkChecksum = _previousChecksum,
        });
    }

    // For an end behind which this log will not write any more, since every open begins a segment of its own.
    private void CloseEnd()
    {
        WriteMark(isClosed: true);
        if (_segments.Length > 0)
        {
            _segments[^1].File.SetLength(_segments[^1].End);
            WriteIndex(_segments[^1]);
        }

        if (_spareSegment is { } spare)
        {
            spare.File.Dispose();
            _storage.Delete(spare.Name);
            _spareSegment = null;
        }
    }

    // For the segment that holds the newest frame.
    private void WriteIndex(LogSegment segment) =>
        IndexFile.TryWrite(_storage, segment, _visible, _lastTimeMicros, _previousChecksum);

    private void WriteManifest(LogManifest manifest)
    {
        bool isNew = _manifestFile is null && !_storage.List().Contains(LogManifest.FileName);
        if (_manifestFile is null)
        {
            _manifestFile = _storage.Open(LogManifest.FileName, isNew ? StorageOpenMode.CreateNew : StorageOpenMode.Write);
            if (_manifest.Generation > 0)
            {
                // What a killed process wrote may be in the page cache only: it must not be alone when the other slot is overwritten.
                _manifest.WriteTo(_manifestFile);
            }
        }

        if (_manifestFile.Length < LogManifest.FileBytes)
        {
            // Both slots at once: the second must not meet a full disk later.
            _manifestFile.SetLength(LogManifest.FileBytes);
        }

        manifest = manifest with { Generation = _manifest.Generation + 1 };
        manifest.WriteTo(_manifestFile);
        if (isNew)
        {
            _storage.FlushNames();
        }

        _manifest = manifest;
    }

    private void Trim(LogPosition before)
    {
        LogSegment[] kept;
        LogSegment[] trimmed;
        lock (_gate)
        {
            ThrowIfUnusable_NeedsLock();
            if (before.Value > _durable + 1)
            {
                throw new ArgumentOutOfRangeException(nameof(before), before, $"The log is durable up to position {_durable}.");
            }

            // The last segment stays: it says where the log goes on.
            int count = 0;
            while (count < _segments.Length - 1 && _segments[count + 1].Header.FirstPosition <= before.Value)
            {
                count++;
            }

            trimmed = _segments[..count];
            kept = _segments[count..];
        }

        if (trimmed.Length == 0)
        {
            return;
        }

        // First it is noted that they no longer count, then they go: a crash in between leaves files that the next open removes.
        WriteManifest(_manifest with { FirstSegment = kept[0].Header.Number, FirstPosition = kept[0].Header.FirstPosition });
        Cache?.Close();
        lock (_gate)
        {
            _segments = kept;
            Volatile.Write(ref _firstPosition, kept[0].Header.FirstPosition);
        }

        Cache?.Reopen();

        foreach (LogSegment segment in trimmed)
        {
            // A reader may be in it, and keeps it open.
            _storage.Delete(segment.Name);
            _storage.Delete(segment.IndexName);
            segment.Leave();
        }

        _storage.FlushNames();
    }

    // ENOSPC and EDQUOT, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
    internal static bool IsDiskFull(IOException exception) =>
        OperatingSystem.IsWindows() ? (exception.HResult & 0xFFFF) is 39 or 112 : exception.HResult is 28 or 122;

    private record struct PreparedRoom(long Active, long Spare);

    // Runs something in the place of the writer.
    private void Exclusively(Action work, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            while (_writing)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            ThrowIfUnusable_NeedsLock();
            _writing = true;
        }

        try
        {
            work();
        }
        catch (IOException exception)
        {
            PoisonBy(exception);
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _writing = false;
                AfterWork_NeedsLock();
            }
        }
    }
}
