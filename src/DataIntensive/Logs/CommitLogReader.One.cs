using System.Buffers;

namespace DataIntensive.Logs;

internal sealed partial class CommitLogReader
{
    // A record that is found behind a jump is kept, with so many that follow close by: events of a stream often come in twos and threes.
    // Who goes on from there reads in order, and reading in order neither fills the cache nor asks it.
    private const int KeptBehindJump = 8;

    private RecordLookup? _lookup;
    private byte[] _cached = [];
    private int _sinceJump;

    public override bool TryReadAt(LogPosition position, out LogRecord record)
    {
        if (_frame.Covers(position.Value))
        {
            // A few records further in the same frame, most often.
            return TryTakeLoaded(position, out record);
        }

        ThrowIfNotReadable(position);
        StandBehind(position);
        return (_lookup?.StandsBefore(position.Value) is not true && TryCopyCached(position, out record))
            || TryFind(position, out record);
    }

    private void ThrowIfNotReadable(LogPosition position)
    {
        LogPosition readable = log.ReadableUpTo(upTo);
        if (position.Value < 1 || position > readable)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"This reader may read positions 1 to {readable}.");
        }

        LogPosition first = log.First;
        if (position < first)
        {
            throw new LogHistoryGoneException(new LogPosition(position.Value - 1), new LogPosition(first.Value - 1));
        }
    }

    private bool TryCopyCached(LogPosition position, out LogRecord record)
    {
        if (log.Cache is { } cache)
        {
            if (_cached.Length == 0)
            {
                _cached = ArrayPool<byte>.Shared.Rent(RecordCache.MaxRecordBytes);
            }

            int bytes = cache.Copy(position.Value, _cached, out long timeMicros);
            if (bytes > 0)
            {
                record = RecordFormat.Decode(_cached.AsMemory(0, bytes), 0, position.Value, LogTime.FromMicros(timeMicros));
                return true;
            }
        }

        record = default;
        return false;
    }

    private bool TryFind(LogPosition position, out LogRecord record)
    {
        long generation = log.Cache?.Generation ?? 0;
        _lookup ??= new RecordLookup();
        while (!_lookup.TryMoveTo(SegmentOf(position.Value)))
        {
            // Trimmed or compacted meanwhile.
        }

        if (!_lookup.TryFind(position.Value, out ReadOnlyMemory<byte> bytes, out long timeMicros))
        {
            record = default;
            return false;
        }

        record = RecordFormat.Decode(bytes, 0, position.Value, LogTime.FromMicros(timeMicros));
        _sinceJump = _lookup.HasJumped ? 0 : _sinceJump + 1;
        if (_sinceJump < KeptBehindJump)
        {
            log.Cache?.Put(generation, position.Value, bytes.Span, timeMicros);
        }

        return true;
    }

    private void ReleaseCached()
    {
        byte[] cached = Interlocked.Exchange(ref _cached, []);
        if (cached.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(cached);
        }
    }

    private bool TryTakeLoaded(LogPosition position, out LogRecord record)
    {
        if (position <= Position)
        {
            _frame = _frame.FromStart();
        }

        FrameCursor.Place place = _frame.Here();
        while (place.Position < position.Value && _frame.TryTake(out _))
        {
            place = _frame.Here();
        }

        Position = position;
        _told = position.Value;
        if (place.Position == position.Value && _frame.TryTake(out record))
        {
            return true;
        }

        record = default;
        return false;
    }
}
