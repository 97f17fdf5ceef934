using System.Buffers.Binary;
using System.Globalization;
using DataIntensive.Internal;
using DataIntensive.Storage;

namespace DataIntensive.Transactions;

// The file of a state snapshot (little-endian), beside the segments of its log:
//
//   0  8 bytes magic: "DISNAP", CR, LF
//   8  u16 format major, u16 format minor
//  12  u32 flags that a reader must know
//  16  16 bytes id of the log
//  32  i64 position: the states are those behind this record
//  40  i64 length of the file
//  48  u32 running CRC-32C over the checksums of all blocks, eight bytes each
//  52  u32 CRC-32C over bytes 0..51
//  56  zeros, to 64; then blocks: u32 length, u32 what it holds, u32 CRC-32C over these 8 bytes, the block's offset, and its content
//
// The header is written last, when everything else is synced: a file without one counts for nothing.
internal sealed record StateSnapshotFile(string Name, LogPosition Position)
{
    public const int HeaderBytes = 64;
    public const int BlockHeaderBytes = 12;

    private const string Prefix = "state-";
    private const string Suffix = ".snap";
    private const ushort Major = 1;
    private const ushort Minor = 0;
    private const int CheckedBytes = 52;
    private const int UsedBytes = CheckedBytes + sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "DISNAP\r\n"u8;

    public static StateSnapshotFile At(LogPosition position) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{position.Value:D20}{Suffix}"), position);

    // Newest first.
    public static List<StateSnapshotFile> In(IStorage storage)
    {
        List<StateSnapshotFile> files = [];
        foreach (string name in storage.List())
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal)
                && name.EndsWith(Suffix, StringComparison.Ordinal)
                && long.TryParse(name.AsSpan()[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long position))
            {
                files.Add(new StateSnapshotFile(name, new LogPosition(position)));
            }
        }

        files.Sort((left, right) => right.Position.CompareTo(left.Position));
        return files;
    }

    // False for one that was never finished.
    public static bool HasHeader(IStorageFile file)
    {
        Span<byte> start = stackalloc byte[sizeof(long)];
        return file.Read(0, start) == start.Length && start.ContainsAnyExcept((byte)0);
    }

    public long LengthIn(IStorage storage)
    {
        using IStorageFile file = storage.Open(Name, StorageOpenMode.Read);
        return file.Length;
    }

    // Of a block whose length and kind are filled in. The offset counts, so that a block in another place is found out.
    public static uint Checksum(ReadOnlySpan<byte> block, long offset)
    {
        uint running = Crc32C.Append(Crc32C.Start, BinaryPrimitives.ReadUInt64LittleEndian(block));
        running = Crc32C.Append(running, (ulong)offset);
        return Crc32C.Finish(Crc32C.Append(running, block[BlockHeaderBytes..]));
    }

    public void WriteHeader(IStorageFile file, Guid logId, long length, uint blocks)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], Major);
        BinaryPrimitives.WriteUInt16LittleEndian(header[10..], Minor);
        logId.TryWriteBytes(header[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], Position.Value);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[48..], blocks);
        BinaryPrimitives.WriteUInt32LittleEndian(header[CheckedBytes..], Crc32C.Compute(header[..CheckedBytes]));
        file.Write(0, header);
    }

    // What the blocks' checksums must come to.
    public uint ReadHeader(IStorageFile file, Guid logId)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        int read = file.Read(0, header);
        if (read < HeaderBytes || !header.StartsWith(Magic) || header[UsedBytes..].ContainsAnyExcept((byte)0))
        {
            throw Damaged(0, "the header of a state snapshot", read < HeaderBytes ? $"the end of the file after {read}" : "other bytes");
        }

        uint checksum = Crc32C.Compute(header[..CheckedBytes]);
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(header[CheckedBytes..]);
        if (stored != checksum)
        {
            throw Damaged(CheckedBytes, $"header checksum {stored:x8}", $"{checksum:x8}");
        }

        ushort major = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        uint mustKnow = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        if (major != Major || mustKnow != 0)
        {
            ushort minor = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
            throw new LogFormatException(
                $"'{Name}' is of state snapshot format {major}.{minor} with required features {mustKnow:x}; this version reads format {Major}.{Minor} with none. Use a newer version of the library.");
        }

        Guid foundId = new(header.Slice(16, 16));
        long position = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        long length = BinaryPrimitives.ReadInt64LittleEndian(header[40..]);
        return foundId != logId ? throw Damaged(16, $"log {logId}", $"{foundId}")
            : position != Position.Value ? throw Damaged(32, $"position {Position}", $"{position}")
            : length != file.Length ? throw Damaged(40, $"a file of {length} bytes", $"{file.Length}")
            : BinaryPrimitives.ReadUInt32LittleEndian(header[48..]);
    }

    public LogCorruptException Damaged(long offset, string expected, string found) => new(Name, offset, expected, found);
}
