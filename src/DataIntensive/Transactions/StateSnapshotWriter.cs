using System.Buffers;
using System.Buffers.Binary;
using DataIntensive.Internal;
using DataIntensive.Storage;

namespace DataIntensive.Transactions;

// Writes the blocks of a state snapshot (StateSnapshotFile). Whoever writes ends his entries, and an entry stands in one block.
internal sealed class StateSnapshotWriter(IStorageFile file, CancellationToken cancellationToken) : IBufferWriter<byte>
{
    private const int BlockBytes = 256 * 1024;

    private byte[] _block = new byte[BlockBytes + (BlockBytes / 4)];
    private int _used = StateSnapshotFile.BlockHeaderBytes;

    private uint _running = Crc32C.Start;

    public long Offset { get; private set; } = StateSnapshotFile.HeaderBytes;

    // Over the checksums of all blocks, so that the header can tell which blocks there must be.
    public uint Checksum => Crc32C.Finish(_running);

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _block.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _block.AsSpan(_used);
    }

    // What was written since the last call belongs together; here a block may end.
    public void EndEntry()
    {
        if (_used >= BlockBytes)
        {
            EndBlock(StateSnapshotBlock.Entries);
        }
    }

    // Nothing is written when the block is empty, unless it stands for something.
    public void EndBlock(StateSnapshotBlock kind)
    {
        int length = _used - StateSnapshotFile.BlockHeaderBytes;
        if (length == 0 && kind == StateSnapshotBlock.Entries)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        Span<byte> block = _block.AsSpan(0, _used);
        BinaryPrimitives.WriteInt32LittleEndian(block, length);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], (int)kind);
        uint checksum = StateSnapshotFile.Checksum(block, Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], checksum);
        file.Write(Offset, block);
        _running = Crc32C.Append(_running, (ulong)checksum);
        Offset += _used;
        _used = StateSnapshotFile.BlockHeaderBytes;
    }

    private void Reserve(int sizeHint)
    {
        int needed = _used + Math.Max(sizeHint, 1);
        if (needed > _block.Length)
        {
            Array.Resize(ref _block, (int)Math.Max(needed, Math.Min(2L * _block.Length, Array.MaxLength)));
        }
    }
}
