namespace DataIntensive.Testing;

// One write, or with no bytes one change of the length to the offset, that no flush has made durable. The number orders it among
// all changes of the file.
internal sealed record UnsyncedChange(long Number, long Offset, byte[]? Bytes)
{
    public void ApplyTo(ByteImage image)
    {
        if (Bytes is null)
        {
            image.SetLength(Offset);
        }
        else
        {
            image.Write(Offset, Bytes);
        }
    }

    // The parts between multiples of that size: a disk writes a sector, or does not.
    public IEnumerable<UnsyncedChange> Split(int pieceBytes)
    {
        if (Bytes is null)
        {
            yield return this;
            yield break;
        }

        for (int start = 0; start < Bytes.Length;)
        {
            long boundary = (((Offset + start) / pieceBytes) + 1) * pieceBytes;
            int end = (int)Math.Min(Bytes.Length, boundary - Offset);
            yield return new UnsyncedChange(Number, Offset + start, Bytes[start..end]);
            start = end;
        }
    }
}
