using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Transactions;

// The file of a state snapshot (little-endian), beside the segments of its log:
//
//   0  8 bytes magic: "DISNAP", CR, LF
//   8  u16 format major, u16 format minor
//  12  u32 flags that a reader must know
//  16  16 bytes id of the log
//  32  i64 position: the state is that behind this record
//  40  i64 length of the file
//  48  u32 CRC-32C over the checksums of all blocks
//  52  u32 CRC-32C over bytes 0..51
//  56  zeros, to 64; then blocks: u32 length, u32 what it holds, u32 CRC-32C over these 8 bytes, the block's offset, and its content
internal static class StateSnapshotFile
{
    public const int HeaderBytes = 64;
    public const int BlockHeaderBytes = 12;

    // Of a block whose length and kind are filled in. The offset counts, so that a block in another place is found out.
    public static uint Checksum(ReadOnlySpan<byte> block, long offset)
    {
        uint running = Crc32C.Append(Crc32C.Start, BinaryPrimitives.ReadUInt64LittleEndian(block));
        running = Crc32C.Append(running, (ulong)offset);
        return Crc32C.Finish(Crc32C.Append(running, block[BlockHeaderBytes..]));
    }
}
