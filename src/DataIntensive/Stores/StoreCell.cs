using System.Numerics;

namespace DataIntensive.Stores;

// What a key's place in the table holds of its newest version. The smaller it is, the more of them are near when they are read: what few
// versions have stands in a dictionary beside the table, and here only that there is something.
internal struct StoreCell<TValue>
{
    private const int SizeDigits = 11;
    private const int SizeBits = 16;
    private const long TailBit = 1 << SizeBits;
    private const int VersionShift = SizeBits + 1;

    // The version's number; whether there is a tail; and its size: eleven binary digits, and five for how many more follow them.
    private long _packed;

    public StoreCell(TValue? value, long version, int recordBytes, bool hasTail)
    {
        Value = value;
        int shift = Math.Max(0, BitOperations.Log2((uint)recordBytes) + 1 - SizeDigits);
        _packed = (version << VersionShift) | (hasTail ? TailBit : 0) | ((long)shift << SizeDigits) | (long)(recordBytes >> shift);
    }

    public readonly TValue? Value { get; }

    // 0 for a delete.
    public readonly long Version => _packed >>> VersionShift;

    public readonly bool HasTail => (_packed & TailBit) != 0;

    // What its record takes in the log, to a thousandth; 0 for a delete.
    public readonly int RecordBytes => (int)(_packed & ((1 << SizeDigits) - 1)) << (int)((_packed >> SizeDigits) & ((1 << (SizeBits - SizeDigits)) - 1));

    // While others may be reading: one write of one word.
    public void ForgetTail() => _packed &= ~TailBit;
}
