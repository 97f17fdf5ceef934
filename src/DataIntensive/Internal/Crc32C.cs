using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;
using X86Pclmulqdq = System.Runtime.Intrinsics.X86.Pclmulqdq;
using X86Sse42 = System.Runtime.Intrinsics.X86.Sse42;

namespace DataIntensive.Internal;

// CRC-32C (Castagnoli), RFC 3720 appendix B.4: reflected, initial and final value inverted.
//
// One checksum instruction needs the result of the one before, and its result comes three cycles later, though one can start in
// every cycle. So three neighbouring parts of the data run side by side and are then joined by carry-less multiplications.
internal static class Crc32C
{
    // Running form: Append may be called piece by piece on the value that Start or the last call gave.
    public const uint Start = 0xFFFFFFFF;

    private const int WordBytes = sizeof(ulong);

    // Below this, joining costs more than running side by side saves: the processor overlaps small checksums by itself.
    private const int SmallestSplitBytes = 192;

    // Of one of the three parts: larger data takes several rounds.
    private const int MaxPartWords = 256;

    // At n: x^(64n - 33), reflected. The 33 are what a product gains by reflection (1) and by its reduction in a checksum (32).
    private static readonly uint[] Powers = MakePowers();

    private static bool CanSplit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (X86Sse42.X64.IsSupported && X86Pclmulqdq.IsSupported) || (ArmCrc32.Arm64.IsSupported && ArmAes.IsSupported);
    }

    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Append(Start, data));

    public static uint Finish(uint running) => ~running;

    // Three of their own at once: the words that all have run side by side and need no joining.
    public static void Append(ref uint a, ReadOnlySpan<byte> dataA, ref uint b, ReadOnlySpan<byte> dataB, ref uint c, ReadOnlySpan<byte> dataC)
    {
        int common = Math.Min(dataA.Length, Math.Min(dataB.Length, dataC.Length)) & ~(WordBytes - 1);
        ref byte atA = ref MemoryMarshal.GetReference(dataA);
        ref byte atB = ref MemoryMarshal.GetReference(dataB);
        ref byte atC = ref MemoryMarshal.GetReference(dataC);
        uint runningA = a;
        uint runningB = b;
        uint runningC = c;
        for (nint offset = 0; offset < common; offset += WordBytes)
        {
            runningA = BitOperations.Crc32C(runningA, WordAt(ref Unsafe.Add(ref atA, offset)));
            runningB = BitOperations.Crc32C(runningB, WordAt(ref Unsafe.Add(ref atB, offset)));
            runningC = BitOperations.Crc32C(runningC, WordAt(ref Unsafe.Add(ref atC, offset)));
        }

        a = Append(runningA, dataA[common..]);
        b = Append(runningB, dataB[common..]);
        c = Append(runningC, dataC[common..]);
    }

    public static uint Append(uint running, ulong value) => BitOperations.Crc32C(running, value);

    public static uint Append(uint running, ReadOnlySpan<byte> data)
    {
        ref byte current = ref MemoryMarshal.GetReference(data);
        int length = data.Length;
        if (CanSplit && length >= SmallestSplitBytes)
        {
            running = AppendSplit(running, ref current, length, out int done);
            current = ref Unsafe.Add(ref current, done);
            length -= done;
        }

        while (length >= WordBytes)
        {
            running = BitOperations.Crc32C(running, WordAt(ref current));
            current = ref Unsafe.Add(ref current, WordBytes);
            length -= WordBytes;
        }

        return length == 0 ? running : AppendTail(running, ref current, length);
    }

    // Up to seven bytes, in at most three steps.
    private static uint AppendTail(uint running, ref byte current, int length)
    {
        if ((length & sizeof(uint)) != 0)
        {
            uint four = Unsafe.ReadUnaligned<uint>(ref current);
            running = BitOperations.Crc32C(running, BitConverter.IsLittleEndian ? four : BinaryPrimitives.ReverseEndianness(four));
            current = ref Unsafe.Add(ref current, sizeof(uint));
        }

        if ((length & sizeof(ushort)) != 0)
        {
            ushort two = Unsafe.ReadUnaligned<ushort>(ref current);
            running = BitOperations.Crc32C(running, BitConverter.IsLittleEndian ? two : BinaryPrimitives.ReverseEndianness(two));
            current = ref Unsafe.Add(ref current, sizeof(ushort));
        }

        return (length & 1) == 0 ? running : BitOperations.Crc32C(running, current);
    }

    // Compiled whole at once: what is read when a process begins is large, and this is most of it until the runtime has seen it run.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint AppendSplit(uint running, ref byte start, int length, out int done)
    {
        done = 0;
        do
        {
            int words = Math.Min((length - done) / (3 * WordBytes), MaxPartWords);
            running = AppendThreeParts(running, ref Unsafe.Add(ref start, done), words);
            done += 3 * words * WordBytes;
        }
        while (length - done >= SmallestSplitBytes);

        return running;
    }

    // With n words in each part, the checksum is first·x^(128n) + second·x^(64n) + third, modulo the polynomial.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint AppendThreeParts(uint running, ref byte start, int words)
    {
        nint part = (nint)words * WordBytes;
        ref byte end = ref Unsafe.Add(ref start, part - WordBytes);
        uint first = running;
        uint second = 0;
        uint third = 0;
        ref byte current = ref start;
        while (Unsafe.IsAddressLessThan(ref current, ref end))
        {
            first = BitOperations.Crc32C(first, WordAt(ref current));
            second = BitOperations.Crc32C(second, WordAt(ref Unsafe.Add(ref current, part)));
            third = BitOperations.Crc32C(third, WordAt(ref Unsafe.Add(ref current, 2 * part)));
            current = ref Unsafe.Add(ref current, WordBytes);
        }

        first = BitOperations.Crc32C(first, WordAt(ref current));
        second = BitOperations.Crc32C(second, WordAt(ref Unsafe.Add(ref current, part)));
        ref uint power = ref MemoryMarshal.GetArrayDataReference(Powers);
        ulong join = Multiply(first, Unsafe.Add(ref power, 2 * words)) ^ Multiply(second, Unsafe.Add(ref power, words));

        // The products are not reduced yet: as a part of the last word, the checksum instruction does that too.
        return BitOperations.Crc32C(third, WordAt(ref Unsafe.Add(ref current, 2 * part)) ^ join);
    }

    // Without carries, of two numbers of 32 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Multiply(uint left, uint right) => X86Pclmulqdq.IsSupported
        ? X86Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((ulong)left), Vector128.CreateScalar((ulong)right), 0).ToScalar()
        : ArmAes.PolynomialMultiplyWideningLower(Vector64.CreateScalar((ulong)left), Vector64.CreateScalar((ulong)right)).ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong WordAt(ref byte source)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref source);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    private static uint[] MakePowers()
    {
        uint[] powers = new uint[(2 * MaxPartWords) + 1];
        powers[1] = 1;
        for (int n = 2; n < powers.Length; n++)
        {
            // The checksum of a word of zeros multiplies by x^64.
            powers[n] = BitOperations.Crc32C(powers[n - 1], 0UL);
        }

        return powers;
    }
}
