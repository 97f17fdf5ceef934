using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataIntensive.Internal;

// CRC-32C (Castagnoli), RFC 3720 appendix B.4: reflected, initial and final value inverted.
internal static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Append(Start, data));

    // Running form: Append may be called piece by piece on the value that Start or the last call gave.
    public const uint Start = 0xFFFFFFFF;

    public static uint Finish(uint running) => ~running;

    public static uint Append(uint running, ReadOnlySpan<byte> data)
    {
        ref byte current = ref MemoryMarshal.GetReference(data);
        int length = data.Length;
        while (length >= sizeof(ulong))
        {
            running = BitOperations.Crc32C(running, Unsafe.ReadUnaligned<ulong>(ref current));
            current = ref Unsafe.Add(ref current, sizeof(ulong));
            length -= sizeof(ulong);
        }

        while (length > 0)
        {
            running = BitOperations.Crc32C(running, current);
            current = ref Unsafe.Add(ref current, 1);
            length--;
        }

        return running;
    }

    public static uint Append(uint running, ulong value) => BitOperations.Crc32C(running, value);
}
