namespace DataIntensive.Logs;

internal sealed class MemoryCommitLogReader(MemoryCommitLog log) : LogReader
{
    private MemoryLogChunk? _chunk;
    private int _offset;
    private long _next;

    public override bool TryRead(out LogRecord record)
    {
        record = default;
        MemoryLogChunk? chunk = log.ChunkBehind(Position, out _);
        if (chunk is null)
        {
            return false;
        }

        if (!ReferenceEquals(chunk, _chunk))
        {
            _chunk = chunk;
            _offset = 0;
            _next = chunk.FirstPosition;
        }

        do
        {
            record = chunk.Read(ref _offset, _next++);
        }
        while (record.Position <= Position);

        Position = record.Position;
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
        _chunk = null;
    }

    private protected override void Dispose(bool disposing) => _chunk = null;
}
