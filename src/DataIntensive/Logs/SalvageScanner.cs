using System.Buffers.Binary;

namespace DataIntensive.Logs;

// Goes on behind damage: frames stand at multiples of the alignment, and each says by its checksum that it belongs where it stands.
// Of a frame whose records are damaged those commits are taken that are whole.
internal sealed class SalvageScanner(FrameScanner scanner, ulong salt)
{
    // How many records in a row may be damaged, and over how many bytes, for what follows in their frame to be found.
    private const int MostSkipped = 64;
    private const int FarthestBytes = 64 * 1024;

    private readonly CompactedFrame _rest = new();
    private long _toldUpTo;

    // Finds the next frame with something behind the position; false at the limit. Tells the first damage that was passed.
    public bool TryRead(long limit, long after, out FrameHeader header, out FrameCursor frame, out FrameDamage? passed)
    {
        passed = null;
        frame = default;
        while (true)
        {
            long offset = scanner.Offset;
            switch (scanner.Read(limit, out header, out ReadOnlyMemory<byte> bytes, out FrameDamage damage))
            {
                case FrameScanResult.End:
                    return false;
                case FrameScanResult.Frame when header.LastPosition > after:
                    frame = new FrameCursor(header, bytes);
                    return true;
                case FrameScanResult.Frame:
                    continue;
            }

            if (passed is null && damage.Offset >= _toldUpTo)
            {
                passed = damage;
            }

            bool isWhole = header.PayloadBytes > 0 && TryTakeWholeCommits(header, scanner.Peek(header.FrameBytes, limit), after, out frame);
            scanner.MoveTo(offset + FrameFormat.Alignment);
            if (isWhole)
            {
                // What else is met inside this frame is the same damage.
                _toldUpTo = offset + header.FrameBytes;
                return true;
            }
        }
    }

    private bool TryTakeWholeCommits(in FrameHeader header, ReadOnlySpan<byte> bytes, long after, out FrameCursor frame)
    {
        frame = default;
        if (header.IsCompacted || header.LastPosition <= after)
        {
            // In a compacted frame a damaged jump would move all records behind it.
            return false;
        }

        _rest.Begin(header.FirstPosition, header.TimeMicros);
        int end = Math.Min(bytes.Length, FrameFormat.HeaderBytes + header.PayloadBytes);
        int offset = FrameFormat.HeaderBytes;
        int commit = offset;
        long position = header.FirstPosition;
        long firstOfCommit = position;
        bool isBroken = false;
        bool any = false;
        while (offset < end)
        {
            if (!IsWhole(bytes[..end], offset, position, out int size, out bool endsCommit))
            {
                // Where the next commit begins is only known behind the end of one.
                isBroken = true;
                if (!TryFindNext(bytes[..end], ref offset, ref position))
                {
                    break;
                }

                continue;
            }

            offset += size;
            position++;
            if (endsCommit)
            {
                if (!isBroken)
                {
                    TakeCommit(bytes[commit..offset], firstOfCommit, header.TimeMicros);
                    any = true;
                }

                commit = offset;
                firstOfCommit = position;
                isBroken = false;
            }
        }

        frame = _rest.Rest(header.LastPosition);
        return any;
    }

    // A record's checksum knows its position, so it is looked for as one of the next. Two in a row, or one at the end, are no accident.
    private bool TryFindNext(ReadOnlySpan<byte> bytes, ref int offset, ref long position)
    {
        int last = Math.Min(bytes.Length, offset + FarthestBytes);
        for (int skipped = 1; skipped <= MostSkipped; skipped++)
        {
            for (int at = offset + (skipped * RecordFormat.HeaderBytes); at < last; at++)
            {
                if (IsWhole(bytes, at, position + skipped, out int size, out _)
                    && (at + size == bytes.Length || IsWhole(bytes, at + size, position + skipped + 1, out _, out _)))
                {
                    offset = at;
                    position += skipped;
                    return true;
                }
            }
        }

        return false;
    }

    private bool IsWhole(ReadOnlySpan<byte> bytes, int offset, long position, out int size, out bool endsCommit)
    {
        size = 0;
        endsCommit = false;
        if (bytes.Length - offset < RecordFormat.HeaderBytes)
        {
            return false;
        }

        uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(offset + RecordFormat.LengthOffset)..]);
        uint bodyBytes = lengthField & ~RecordFormat.EndsCommit;
        if (bodyBytes > (uint)(bytes.Length - offset - RecordFormat.HeaderBytes))
        {
            return false;
        }

        size = RecordFormat.HeaderBytes + (int)bodyBytes;
        endsCommit = (lengthField & RecordFormat.EndsCommit) != 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]) == RecordFormat.Checksum(salt, position, bytes.Slice(offset, size));
    }

    private void TakeCommit(ReadOnlySpan<byte> records, long position, long timeMicros)
    {
        while (records.Length > 0)
        {
            int bodyBytes = (int)(BinaryPrimitives.ReadUInt32LittleEndian(records[RecordFormat.LengthOffset..]) & ~RecordFormat.EndsCommit);
            int size = RecordFormat.HeaderBytes + bodyBytes;
            _rest.Add(new LogRecord(
                new LogPosition(position++),
                BinaryPrimitives.ReadUInt32LittleEndian(records[RecordFormat.TagOffset..]),
                records[RecordFormat.HeaderBytes..size].ToArray(),
                EndsCommit: false,
                LogTime.FromMicros(timeMicros)));
            records = records[size..];
        }

        _rest.EndCommit();
    }
}
