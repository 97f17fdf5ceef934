using DataIntensive.Storage;

namespace DataIntensive.Logs;

// Looks at a damaged log and finds what is left of it. Nothing is changed, and nothing but a newer format stops it.
internal sealed class LogSalvage
{
    private readonly IStorage _storage;
    private readonly List<LogSegment> _segments = [];
    private readonly List<LogDamage> _damages = [];
    private LogManifest? _manifest;
    private long _lastPosition;
    private long _provenPosition;
    private long _bytesChecked;

    private LogSalvage(IStorage storage) => _storage = storage;

    public static RecoveredLog Run(IStorage storage, CancellationToken cancellationToken)
    {
        LogSalvage salvage = new(storage);
        try
        {
            salvage.Look(cancellationToken);
        }
        catch
        {
            salvage._segments.ForEach(segment => segment.Dispose());
            throw;
        }

        return salvage.Result();
    }

    private void Look(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names = _storage.List();
        SegmentFiles files = new(names);
        ReadManifest(names, files);
        if (_manifest is null && !files.Any)
        {
            return;
        }

        _provenPosition = _manifest?.MarkPosition ?? 0;
        _lastPosition = (_manifest?.FirstPosition ?? 1) - 1;
        long next = _manifest?.FirstSegment ?? files.Numbers.FirstOrDefault();
        long last = _manifest?.LastSegment ?? files.Numbers.LastOrDefault();
        foreach (long number in files.Numbers.Where(number => number >= next && number <= last))
        {
            if (number < next)
            {
                // A compacted segment stands for it.
                continue;
            }

            NoteMissing(next, number);
            next = number + 1;
            if (TryOpen(files, number) is { } segment)
            {
                Scan(segment, cancellationToken);
                next = segment.Header.LastNumber + 1;
            }
        }

        NoteMissing(next, last + 1);
        NoteLost(_provenPosition + 1);
    }

    private void ReadManifest(IReadOnlyList<string> names, SegmentFiles files)
    {
        if (names.Contains(LogManifest.FileName))
        {
            using IStorageFile file = _storage.Open(LogManifest.FileName, StorageOpenMode.Read);
            _manifest = LogManifest.Read(file);
        }

        if (_manifest is null && files.Any)
        {
            _damages.Add(new LogDamage(LogManifest.FileName, 0, "one whole slot of two", "none"));
        }
    }

    private void NoteMissing(long from, long before)
    {
        for (long number = from; number < before; number++)
        {
            _damages.Add(new LogDamage(new SegmentName(number, 0).Segment, 0, "a segment file", "no such file"));
        }
    }

    private LogSegment? TryOpen(SegmentFiles files, long number)
    {
        try
        {
            LogSegment segment = files.Open(_storage, number, StorageOpenMode.Read);
            if (_manifest is null || segment.Header.LogId == _manifest.LogId)
            {
                _segments.Add(segment);
                return segment;
            }

            _damages.Add(new LogDamage(segment.Name, 24, $"log {_manifest.LogId}", $"{segment.Header.LogId}"));
            segment.Dispose();
        }
        catch (LogCorruptException damage)
        {
            _damages.Add(new LogDamage(damage.File, damage.Offset, damage.Expected, damage.Found));
        }

        return null;
    }

    private void Scan(LogSegment segment, CancellationToken cancellationToken)
    {
        NoteLost(segment.Header.FirstPosition);
        long length = segment.File.Length;

        // A frame ends with a checksum, whose last byte may be zero: that is no space that was prepared.
        long used = Math.Min(length, FrameFormat.AlignUp(EndOfUse.Find(segment.File, SegmentHeader.Bytes, length)));
        _bytesChecked += used;
        using FrameScanner scanner = new(segment.File, segment.Header.Salt, SegmentHeader.Bytes);
        SalvageScanner salvage = new(scanner, segment.Header.Salt);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool found = salvage.TryRead(used, _lastPosition, out FrameHeader frame, out FrameCursor records, out FrameDamage? passed);
            if (passed is { } damage)
            {
                _damages.Add(new LogDamage(segment.Name, damage.Offset, damage.Expected, damage.Found));
            }

            if (!found)
            {
                break;
            }

            NoteLost(frame.FirstPosition);
            if (records.IsRest)
            {
                _damages[^1] = _damages[^1] with { FirstLost = Earliest(_damages[^1].FirstLost, frame.FirstPosition), LastLost = new LogPosition(frame.LastPosition) };
            }
            else
            {
                segment.Index.Add(scanner.Offset - frame.FrameBytes, frame);
            }

            _lastPosition = frame.LastPosition;
            _provenPosition = Math.Max(_provenPosition, frame.Durable);
        }

        segment.PublishEnd(used);
        if (segment.Header.Generation > 0)
        {
            NoteLost(segment.Header.Compacted.LastPosition + 1);
        }
    }

    // The next record there is stands at this position, so those before it and behind the last are gone.
    private void NoteLost(long next)
    {
        if (next <= _lastPosition + 1)
        {
            return;
        }

        LogPosition first = new(_lastPosition + 1);
        LogPosition last = new(next - 1);
        if (_damages.Count == 0)
        {
            _damages.Add(new LogDamage(_segments.Count == 0 ? LogManifest.FileName : _segments[^1].Name, 0, $"position {first}", $"position {next}"));
        }

        _damages[^1] = _damages[^1] with { FirstLost = Earliest(_damages[^1].FirstLost, first.Value), LastLost = last };
        _lastPosition = last.Value;
    }

    private static LogPosition Earliest(LogPosition known, long position) =>
        known == default || position < known.Value ? new LogPosition(position) : known;

    private RecoveredLog Result()
    {
        LogRecoveryReport report = new(
            _damages.Count == 0 && _manifest is null or { IsClosed: true },
            new LogPosition(_lastPosition),
            _segments.Count)
        {
            BytesChecked = _bytesChecked,
            Damages = _damages,
        };
        long first = _manifest?.FirstPosition ?? (_segments.Count == 0 ? 1 : _segments[0].Header.FirstPosition);
        return new RecoveredLog(_manifest, _segments, first, _lastPosition, _lastPosition, LastChecksum: 0, LastTimeMicros: 0, report);
    }
}
