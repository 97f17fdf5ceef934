using System.Buffers.Binary;
using DataIntensive.Internal;
using DataIntensive.Storage;

namespace DataIntensive.Transactions;

// Reads the blocks of a state snapshot in order, each checked before it is given. What is wrong with it is said by
// LogCorruptException; that all blocks are the right ones is known at the last.
internal sealed class StateSnapshotBlocks : StateSnapshotReader
{
    private readonly StateSnapshotFile _name;
    private readonly IStorageFile _file;
    private readonly uint _expected;
    private byte[] _block = [];
    private uint _checksum = Crc32C.Start;
    private long _offset = StateSnapshotFile.HeaderBytes;
    private bool _isTaken = true;

    public StateSnapshotBlocks(StateSnapshotFile name, IStorageFile file, Guid logId)
    {
        _name = name;
        _file = file;
        _expected = name.ReadHeader(file, logId);
    }

    public StateSnapshotBlock Kind { get; private set; }

    public ReadOnlyMemory<byte> Content { get; private set; }

    // The next block, which the caller takes or leaves for the call after.
    public StateSnapshotBlock Next()
    {
        if (_isTaken)
        {
            Read();
        }

        _isTaken = true;
        return Kind;
    }

    public override bool TryReadBlock(out ReadOnlyMemory<byte> entries)
    {
        _isTaken = Next() == StateSnapshotBlock.Entries;
        entries = _isTaken ? Content : default;
        return _isTaken;
    }

    public override void Keep() => _block = [];

    private void Read()
    {
        Span<byte> header = stackalloc byte[StateSnapshotFile.BlockHeaderBytes];
        int head = _file.Read(_offset, header);
        int length = head < StateSnapshotFile.BlockHeaderBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(header);
        long end = _offset + StateSnapshotFile.BlockHeaderBytes + length;
        if (length < 0 || end > _file.Length || length > Array.MaxLength - StateSnapshotFile.BlockHeaderBytes)
        {
            throw _name.Damaged(_offset, "a block of a state snapshot", length < 0 ? "none" : $"one of {length} bytes");
        }

        int bytes = StateSnapshotFile.BlockHeaderBytes + length;
        if (bytes > _block.Length)
        {
            _block = GC.AllocateUninitializedArray<byte>(bytes);
        }

        _file.Read(_offset, _block.AsSpan(0, bytes));
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(_block.AsSpan(8));
        uint computed = StateSnapshotFile.Checksum(_block.AsSpan(0, bytes), _offset);
        if (stored != computed)
        {
            throw _name.Damaged(_offset + 8, $"block checksum {stored:x8}", $"{computed:x8}");
        }

        _checksum = Crc32C.Append(_checksum, (ulong)stored);
        Kind = (StateSnapshotBlock)BinaryPrimitives.ReadInt32LittleEndian(_block.AsSpan(4));
        Content = _block.AsMemory(StateSnapshotFile.BlockHeaderBytes, length);
        _offset = end;
        if (Kind == StateSnapshotBlock.End && (_offset != _file.Length || Crc32C.Finish(_checksum) != _expected))
        {
            throw _name.Damaged(48, $"blocks with checksum {_expected:x8} to the end of the file", $"{Crc32C.Finish(_checksum):x8} up to {_offset}");
        }
    }
}
