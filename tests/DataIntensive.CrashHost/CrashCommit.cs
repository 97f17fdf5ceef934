using System.Buffers.Binary;
using DataIntensive.Logs;

namespace DataIntensive.CrashHost;

/// <summary>
/// One commit whose whole content follows from who wrote it and its place in that writer's sequence, so that a reader can tell
/// each byte of it.
/// </summary>
internal readonly record struct CrashCommit(ulong Seed, int Writer, long Sequence)
{
    private const int IdentityBytes = 16;
    private const int MostRecords = 6;

    public uint Tag => (uint)Writer + 1;

    public int Records => 1 + (int)(RandomOf(index: -1) % MostRecords);

    // A quarter of the commits: they need not survive the machine, but the process they must.
    public Durability Durability => Sequence % 4 == 3 ? Durability.Os : Durability.Disk;

    /// <summary>Whose commit a record's body says that it belongs to; null when it is none of these.</summary>
    public static CrashCommit? IdentityIn(ReadOnlySpan<byte> body, ulong seed) => body.Length < IdentityBytes
        ? null
        : new CrashCommit(seed, BinaryPrimitives.ReadInt32LittleEndian(body), BinaryPrimitives.ReadInt64LittleEndian(body[8..]));

    public void FillInto(LogBatch batch)
    {
        batch.Clear();
        for (int index = 0; index < Records; index++)
        {
            batch.Add(Tag, BodyOf(index));
        }
    }

    public byte[] BodyOf(int index)
    {
        ulong random = RandomOf(index);
        byte[] body = new byte[IdentityBytes + FillerBytes(random)];
        BinaryPrimitives.WriteInt32LittleEndian(body, Writer);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), Sequence);
        for (int offset = IdentityBytes; offset < body.Length; offset++)
        {
            random = Mix(random);
            body[offset] = (byte)random;
        }

        return body;
    }

    // Mostly small, some over several disk blocks.
    private static int FillerBytes(ulong random) => (int)((random & 7) switch
    {
        < 4 => (random >> 8) % 100,
        < 7 => (random >> 8) % 1500,
        _ => (random >> 8) % 12_000,
    });

    private static ulong Mix(ulong value)
    {
        // SplitMix64, by Guy Steele and others.
        value += 0x9E37_79B9_7F4A_7C15;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    private ulong RandomOf(int index) => Mix(Mix(Mix(Seed + (ulong)Writer) + (ulong)Sequence) + (ulong)(uint)index);
}
