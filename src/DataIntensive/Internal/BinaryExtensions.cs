using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace DataIntensive.Internal;

// The primitives that records are made of: varints (LEB128), length-prefixed bytes and UTF-8, fixed little-endian integers.
internal static class BinaryExtensions
{
    public const int MostBytesOfVarint = 10;

    private const int MostBytesOfChar = 3;
    private const int MostCharsOfShort = 0x7F / MostBytesOfChar;

    public static void WriteByte(this IBufferWriter<byte> destination, byte value)
    {
        destination.GetSpan(1)[0] = value;
        destination.Advance(1);
    }

    public static void WriteInt64(this IBufferWriter<byte> destination, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination.GetSpan(sizeof(long)), value);
        destination.Advance(sizeof(long));
    }

    public static void WriteVarint(this IBufferWriter<byte> destination, ulong value) => destination.Advance(PutVarint(destination.GetSpan(MostBytesOfVarint), value));

    public static int VarintBytes(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    // Returns how many bytes it took.
    public static int PutVarint(Span<byte> destination, ulong value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    public static void WriteString(this IBufferWriter<byte> destination, string value)
    {
        if (value.Length > MostCharsOfShort)
        {
            int length = Encoding.UTF8.GetByteCount(value);
            destination.Advance(PutString(destination.GetSpan(MostBytesOfVarint + length), value));
            return;
        }

        destination.Advance(PutString(destination.GetSpan(1 + (MostBytesOfChar * value.Length)), value));
    }

    // Returns how many bytes it took.
    public static int PutString(Span<byte> destination, string value)
    {
        if (value.Length > MostCharsOfShort)
        {
            int head = PutVarint(destination, (ulong)Encoding.UTF8.GetByteCount(value));
            return head + Encoding.UTF8.GetBytes(value, destination[head..]);
        }

        // However its characters are encoded, the length takes one byte, which can be filled in afterwards.
        int bytes = Encoding.UTF8.GetBytes(value, destination[1..]);
        destination[0] = (byte)bytes;
        return 1 + bytes;
    }

    public static void WriteBytes(this IBufferWriter<byte> destination, ReadOnlySpan<byte> value)
    {
        destination.WriteVarint((ulong)value.Length);
        destination.Write(value);
    }

    // A codec's output with its version before and its length in front; scratch must be empty and is left empty.
    public static void WriteWith<T>(this IBufferWriter<byte> destination, ICodec<T> codec, T value, ArrayBufferWriter<byte> scratch)
    {
        codec.Write(value, scratch);
        destination.WriteByte(codec.Version);
        destination.WriteBytes(scratch.WrittenSpan);
        scratch.ResetWrittenCount();
    }
}
