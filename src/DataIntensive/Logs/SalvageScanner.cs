using System.Buffers.Binary;

namespace DataIntensive.Logs;

// Goes on behind damage: frames stand at multiples of the alignment, and each says by its checksum that it belongs where it stands.
// Of a frame whose records are damaged those commits are taken that are whole.
internal sealed class SalvageScanner(FrameScanner scanner, ulong salt)
{
    private readonly CompactedFrame _rest = new();

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

            passed ??= damage;
            bool isWhole = header.PayloadBytes > 0 && TryTakeWholeCommits(header, scanner.Peek(header.FrameBytes, limit), after, out frame);
            scanner.MoveTo(offset + FrameFormat.Alignment);
            if (isWhole)
            {
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
        while (TryMeasure(bytes[..end], offset, position, out int size, out bool isWhole, out bool endsCommit))
        {
            offset += size;
            position++;
            isBroken |= !isWhole;
            if (isWhole && endsCommit)
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

    // The length of a damaged record is believed when the record behind it is whole.
    private bool TryMeasure(ReadOnlySpan<byte> bytes, int offset, long position, out int size, out bool isWhole, out bool endsCommit)
    {
        isWhole = IsWhole(bytes, offset, position, out size, out endsCommit);
        return isWhole || (size > 0 && IsWhole(bytes, offset + size, position + 1, out _, out _));
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
