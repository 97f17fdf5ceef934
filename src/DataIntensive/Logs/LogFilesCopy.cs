using DataIntensive.Storage;

namespace DataIntensive.Logs;

// Copies the segments that are done with, as they are, compacted ones too: what was removed from a log cannot be appended to another.
internal sealed class LogFilesCopy(CommitLog source, IStorage target, CancellationToken cancellationToken)
{
    private const int MostAttempts = 20;
    private const int CopyBytes = 1024 * 1024;

    // As many as end at or before a position. The target is then a log that was closed behind the last of them, with the same id.
    public void Run(LogPosition upTo)
    {
        List<LogSegment> entered = Enter();
        try
        {
            int count = 0;
            while (count + 1 < entered.Count && entered[count + 1].Header.FirstPosition - 1 <= upTo.Value)
            {
                Copy(entered[count].Name, entered[count].File, entered[count].End);
                count++;
            }

            WriteManifest(entered, count);
            target.FlushNames();
        }
        finally
        {
            entered.ForEach(segment => segment.Leave());
        }
    }

    public void Copy(string name, IStorageFile from, long length)
    {
        using IStorageFile to = target.Open(name, StorageOpenMode.CreateNew);
        byte[] buffer = new byte[(int)Math.Min(length, CopyBytes)];
        for (long offset = 0; offset < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = from.Read(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset)));
            if (read == 0)
            {
                throw new LogCorruptException(name, offset, $"a file of {length} bytes", $"its end after {offset}");
            }

            to.Write(offset, buffer.AsSpan(0, read));
            offset += read;
        }

        to.Flush();
    }

    private void WriteManifest(List<LogSegment> segments, int copied)
    {
        LogManifest manifest = LogManifest.New(source.LogId) with { Generation = 1, Epoch = source.Epoch, IsClosed = true };
        if (segments.Count > 0)
        {
            SegmentHeader first = segments[0].Header;
            manifest = manifest with { FirstSegment = first.Number, FirstPosition = first.FirstPosition, LastSegment = first.Number - 1 };
        }

        if (copied > 0)
        {
            LogSegment last = segments[copied - 1];
            manifest = manifest with
            {
                LastSegment = last.Header.LastNumber,
                MarkSegment = last.Header.Number,
                MarkOffset = last.End,
                MarkPosition = segments[copied].Header.FirstPosition - 1,
                MarkChecksum = segments[copied].Header.PreviousChecksum,
            };
        }

        using IStorageFile file = target.Open(LogManifest.FileName, StorageOpenMode.CreateNew);
        file.SetLength(LogManifest.FileBytes);
        manifest.WriteTo(file);
    }

    // Trimming and compaction beside may take a segment away while it is being entered.
    private List<LogSegment> Enter()
    {
        for (int attempt = 1; ; attempt++)
        {
            LogSegment[] segments = source.Segments;
            List<LogSegment> entered = [.. segments.TakeWhile(segment => segment.TryEnter())];
            if (entered.Count == segments.Length)
            {
                return entered;
            }

            entered.ForEach(segment => segment.Leave());
            if (attempt == MostAttempts)
            {
                throw new IOException("The log is being trimmed or compacted over and over while it is copied.");
            }
        }
    }
}
