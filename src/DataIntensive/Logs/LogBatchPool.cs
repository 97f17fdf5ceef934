namespace DataIntensive.Logs;

// Batches for appends that must copy what they were given. What it keeps for reuse is bounded in bytes.
internal sealed class LogBatchPool
{
    private const long MostBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Stack<LogBatch> _batches = new();
    private long _bytes;

    public LogBatch Rent()
    {
        lock (_gate)
        {
            if (_batches.TryPop(out LogBatch? batch))
            {
                _bytes -= batch.Capacity;
                return batch;
            }
        }

        return new LogBatch();
    }

    public void Return(LogBatch batch)
    {
        batch.Clear();
        lock (_gate)
        {
            if (_bytes + batch.Capacity <= MostBytes)
            {
                _bytes += batch.Capacity;
                _batches.Push(batch);
            }
        }
    }
}
