namespace DataIntensive.Logs;

// Records that were read singly from files, far from each other, so that who asks for them again needs neither a step over frames nor
// a read. Divided by position into shards with a lock each, which only ever copies one record; the oldest makes room for the newest.
internal sealed class RecordCache
{
    // Of a longer record the read costs little beside what is done with it, and it would drive out many short ones.
    public const int MaxRecordBytes = 8 * 1024;
    private const int ShardBits = 3;

    private readonly RecordCacheShard[] _shards = new RecordCacheShard[1 << ShardBits];

    // Odd while nothing is taken: the segments are being changed, or the log is closed.
    private long _generation;

    public RecordCache(long bytes)
    {
        for (int i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new RecordCacheShard(bytes >> ShardBits);
        }
    }

    // To be asked before a record's segment is looked up.
    public long Generation => Volatile.Read(ref _generation);

    // How much memory it has taken.
    public long HeldBytes
    {
        get
        {
            long held = 0;
            foreach (RecordCacheShard shard in _shards)
            {
                lock (shard.Gate)
                {
                    held += shard.HeldBytes_NeedsLock;
                }
            }

            return held;
        }
    }

    // Copies the whole record, with its header, into the first of MaxRecordBytes; 0 when it is not here.
    public int Copy(long position, Span<byte> destination, out long timeMicros)
    {
        RecordCacheShard shard = ShardOf(position);
        lock (shard.Gate)
        {
            return shard.Copy_NeedsLock(position, destination, out timeMicros);
        }
    }

    // The record is not taken when it may have been read from a segment that is none any more.
    public void Put(long generation, long position, ReadOnlySpan<byte> record, long timeMicros)
    {
        if (record.Length > MaxRecordBytes || (generation & 1) != 0)
        {
            return;
        }

        RecordCacheShard shard = ShardOf(position);
        lock (shard.Gate)
        {
            if (generation == Generation)
            {
                shard.Put_NeedsLock(position, record, timeMicros);
            }
        }
    }

    // From here on it is empty. Who has looked at the generation before comes to a shard before it is emptied, or is refused.
    public void Close()
    {
        Interlocked.Increment(ref _generation);
        foreach (RecordCacheShard shard in _shards)
        {
            lock (shard.Gate)
            {
                shard.Clear_NeedsLock();
            }
        }
    }

    public void Reopen() => Interlocked.Increment(ref _generation);

    private RecordCacheShard ShardOf(long position) => _shards[RecordCacheShard.Mix(position) & ((1 << ShardBits) - 1)];
}
