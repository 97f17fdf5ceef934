using System.Buffers.Binary;
using DataIntensive.Benchmarks.Logs;
using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Benchmarks.Log;

/// <summary>The loop that everyone is measured against: writes, flushes and reads, and nothing else.</summary>
internal sealed class BareContender(string name, string promise, Work can, BareFileKind kind) : Contender(name, promise, can)
{
    private string _path = "";
    private BareFrames? _frames;
    private BareGroup? _group;

    public override ValueTask OpenAsync(string folder)
    {
        _path = Path.Combine(folder, "bare");
        if (File.Exists(_path))
        {
            // Recovery: reading and checking all there is.
            return Discard(ScanAsync());
        }

        _frames = new BareFrames(_path, kind);
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _group?.Dispose();
        _frames?.Dispose();
        _group = null;
        _frames = null;
        return ValueTask.CompletedTask;
    }

    // The first writer appends alone; a second one makes it a group commit. Both kinds are never mixed on one file.
    public override Func<ValueTask> NewWriter(byte[] body) => () =>
    {
        _frames!.Add(body);
        _frames.Write();
        _frames.Flush();
        return ValueTask.CompletedTask;
    };

    public override Func<ValueTask> NewGroupWriter(byte[] body)
    {
        _group ??= new BareGroup(_frames!);
        return () => new ValueTask(_group.AppendAsync(body));
    }

    public override ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        BareFrames frames = _frames!;
        for (int record = 0; record < records; record++)
        {
            frames.Add(body);
            if (frames.IsFrameFull)
            {
                frames.Write();
            }
        }

        frames.Write();
        frames.Flush();
        return ValueTask.CompletedTask;
    }

    public override ValueTask BulkManyCommitsAsync(byte[] body, int records) => BulkOneCommitAsync(body, records);

    public override ValueTask<long> ScanAsync()
    {
        using SafeFileHandle file = File.OpenHandle(_path);
        byte[] buffer = new byte[2 * BulkBytes];
        long offset = 0;
        long total = 0;
        while (true)
        {
            int read = RandomAccess.Read(file, buffer, offset);
            int taken = 0;
            while (taken + 64 <= read)
            {
                ReadOnlySpan<byte> frame = buffer.AsSpan(taken, read - taken);
                int size = BinaryPrimitives.ReadInt32LittleEndian(frame[12..]);
                if (size == 0 || ((size + 15) & ~7) > frame.Length)
                {
                    break;
                }

                total += CheckFrame(frame[..size]);
                taken += (size + 15) & ~7;
            }

            if (taken == 0)
            {
                return new ValueTask<long>(total);
            }

            offset += taken;
        }
    }

    private static long CheckFrame(ReadOnlySpan<byte> frame)
    {
        long total = 0;
        ReadOnlySpan<byte> records = frame[64..];
        while (records.Length > 0)
        {
            int size = RecordLayout.HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(records[4..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(records) != RecordLayout.Checksum(records[4..size]))
            {
                throw new InvalidDataException("The bare file is damaged.");
            }

            total += size - RecordLayout.HeaderBytes;
            records = records[size..];
        }

        return total;
    }

    private static async ValueTask Discard(ValueTask<long> scan) => await scan;
}
