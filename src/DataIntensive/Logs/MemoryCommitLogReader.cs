namespace DataIntensive.Logs;

internal sealed class MemoryCommitLogReader(MemoryCommitLog log) : LogReader
{
    // Where the records of the chunk begin that was last looked at, as far as that was needed; _offset is behind the last of them.
    private readonly List<int> _places = [];
    private MemoryLogChunk? _chunk;
    private int _offset;

    public override bool TryRead(out LogRecord record)
    {
        if (log.ChunkBehind(Position, out _) is not { } chunk)
        {
            record = default;
            return false;
        }

        record = Read(chunk, Position.Value + 1);
        Position = record.Position;
        return true;
    }

    public override bool TryReadPrevious(out LogRecord record)
    {
        record = default;
        LogRange range = log.Range;
        if (Position > range.Visible)
        {
            Position = range.Visible;
        }

        if (Position < range.First)
        {
            return false;
        }

        LogPosition before = new(Position.Value - 1);
        record = Read(log.ChunkBehind(before, out _)!, Position.Value);
        Position = before;
        return true;
    }

    public override bool TryReadAt(LogPosition position, out LogRecord record)
    {
        LogPosition visible = log.Range.Visible;
        if (position.Value < 1 || position > visible)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"This reader may read positions 1 to {visible}.");
        }

        record = Read(log.ChunkBehind(new LogPosition(position.Value - 1), out _)!, position.Value);
        Position = position;
        return true;
    }

    public override async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (log.WaitBehind(Position, cancellationToken) is { } wait)
        {
            if (!await wait.ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    public override void Seek(LogPosition after)
    {
        LogRange range = log.Range;
        if (after > range.End)
        {
            throw new ArgumentOutOfRangeException(nameof(after), after, $"The log ends at position {range.End}.");
        }

        if (after.Value < range.First.Value - 1)
        {
            throw new LogHistoryGoneException(after, new LogPosition(range.First.Value - 1));
        }

        Position = after;
    }

    public override LogPosition SeekTime(DateTimeOffset from)
    {
        LogRange range = log.Range;
        long low = range.First.Value;
        long high = range.Visible.Value + 1;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            TryReadAt(new LogPosition(middle), out LogRecord record);
            if (record.Timestamp < from)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Position = new LogPosition(low - 1);
    }

    private protected override void Dispose(bool disposing) => _chunk = null;

    private LogRecord Read(MemoryLogChunk chunk, long position)
    {
        if (!ReferenceEquals(chunk, _chunk))
        {
            _chunk = chunk;
            _places.Clear();
            _offset = 0;
        }

        int index = (int)(position - chunk.FirstPosition);
        while (_places.Count <= index)
        {
            _places.Add(_offset);
            chunk.Step(ref _offset);
        }

        return chunk.Read(_places[index], position);
    }
}
