using System.Buffers;
using System.Buffers.Binary;

namespace DataIntensive.Logs;

/// <summary>
/// The records of one commit, built in the layout that the log writes, so that appending is one copy. Reusable after
/// <see cref="Clear"/>; not safe for several threads at once.
/// </summary>
public sealed class LogBatch : IBufferWriter<byte>
{
    private const int NoRecord = -1;

    private byte[] _bytes;
    private int _length;
    private int _open = NoRecord;

    /// <summary>Makes an empty batch.</summary>
    public LogBatch() => _bytes = new byte[256];

    /// <summary>How many records it holds.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes its records take in the log, their headers of 12 bytes included.</summary>
    public int SizeBytes => _length;

    /// <summary>
    /// Whether the commit is still taken when the disk is full, out of <see cref="CommitLogOptions.ReserveBytes"/>. For small commits
    /// that free space or keep consumers going, such as deletes and checkpoints. Default false, also after <see cref="Clear"/>.
    /// </summary>
    public bool MayUseReserve { get; set; }

    // When it was sequenced by the log's own clock, for a log in memory, which need not ask again then; 0 when nobody asked it.
    internal long TimeMicros { get; set; }

    // What ends a record past this is refused, and the record taken back.
    internal int MaxBytes { get; set; } = int.MaxValue;

    internal bool IsTooLarge { get; private set; }

    internal ReadOnlySpan<byte> Encoded => _bytes.AsSpan(0, _length);

    /// <summary>Adds a record.</summary>
    /// <param name="tag">Any number; in a database the owner.</param>
    /// <param name="body">Its bytes; may be empty.</param>
    /// <exception cref="InvalidOperationException">The record before is not ended.</exception>
    public LogBatch Add(uint tag, ReadOnlySpan<byte> body)
    {
        if (_open != NoRecord)
        {
            throw new InvalidOperationException("The record before is not ended.");
        }

        ThrowIfTooLarge((long)_length + RecordFormat.HeaderBytes + body.Length);
        Reserve((long)RecordFormat.HeaderBytes + body.Length);
        Span<byte> record = _bytes.AsSpan(_length, RecordFormat.HeaderBytes + body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[RecordFormat.LengthOffset..], (uint)body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[RecordFormat.TagOffset..], tag);
        body.CopyTo(record[RecordFormat.HeaderBytes..]);
        _length += record.Length;
        Count++;
        return this;
    }

    /// <summary>Starts a record whose body is written through the <see cref="IBufferWriter{T}"/> side of this batch.</summary>
    /// <exception cref="InvalidOperationException">The record before is not ended.</exception>
    public void BeginRecord(uint tag)
    {
        if (_open != NoRecord)
        {
            throw new InvalidOperationException("The record before is not ended.");
        }

        Reserve(RecordFormat.HeaderBytes);
        _open = _length;
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length + RecordFormat.TagOffset), tag);
        _length += RecordFormat.HeaderBytes;
    }

    /// <summary>Ends the record that <see cref="BeginRecord"/> started.</summary>
    /// <returns>The index of the record in this batch.</returns>
    public int EndRecord()
    {
        if (_open == NoRecord)
        {
            throw new InvalidOperationException("No record is begun.");
        }

        if (_length > MaxBytes)
        {
            long length = _length;
            _length = _open;
            _open = NoRecord;
            ThrowIfTooLarge(length);
        }

        int bodyLength = _length - _open - RecordFormat.HeaderBytes;
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_open + RecordFormat.LengthOffset), (uint)bodyLength);
        _open = NoRecord;
        return Count++;
    }

    /// <summary>Empties the batch for reuse, keeping its buffer.</summary>
    public void Clear()
    {
        _length = 0;
        _open = NoRecord;
        Count = 0;
        MayUseReserve = false;
        IsTooLarge = false;
        TimeMicros = 0;
    }

    /// <inheritdoc />
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (_open == NoRecord)
        {
            throw new InvalidOperationException("No record is begun.");
        }

        if (count > _bytes.Length - _length)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "Advanced past the buffer that was given out.");
        }

        _length += count;
    }

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_length);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_length);
    }

    internal int Capacity => _bytes.Length;

    internal void ThrowIfOpen()
    {
        if (_open != NoRecord)
        {
            throw new InvalidOperationException("The last record is not ended.");
        }
    }

    // Replaces what the other holds.
    internal void CopyTo(LogBatch other)
    {
        ThrowIfOpen();
        other.Clear();
        other.Reserve(_length);
        Encoded.CopyTo(other._bytes);
        other._length = _length;
        other.Count = Count;
        other.MayUseReserve = MayUseReserve;
    }

    // Where the next body byte goes: for owners that fill in a number which is only known when the commit is sequenced.
    internal int MarkHere() => _length;

    internal Span<byte> At(int mark, int length) => _bytes.AsSpan(mark, length);

    // Takes back everything behind a point where no record was open: a value that its codec could not write.
    internal void Rewind(int length, int count)
    {
        _length = length;
        _open = NoRecord;
        Count = count;
    }

    private void ThrowIfTooLarge(long length)
    {
        if (length > MaxBytes)
        {
            IsTooLarge = true;
            throw new CommitTooLargeException(MaxBytes);
        }
    }

    private void Reserve(long size)
    {
        long needed = _length + size;
        if (needed > _bytes.Length)
        {
            if (needed > Array.MaxLength)
            {
                throw new ArgumentException($"A commit of {needed} bytes is more than fits into memory in one piece.");
            }

            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _bytes.Length)));
        }
    }
}
