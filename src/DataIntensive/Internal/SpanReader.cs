using System.Buffers.Binary;
using System.Text;

namespace DataIntensive.Internal;

// Reads what BinaryExtensions wrote. The bytes come from checked records, so what does not fit is a bug or a foreign format.
internal ref struct SpanReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte()
    {
        byte value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public long ReadInt64()
    {
        long value = BinaryPrimitives.ReadInt64LittleEndian(_rest);
        _rest = _rest[sizeof(long)..];
        return value;
    }

    public ulong ReadVarint()
    {
        ulong value = 0;
        int shift = 0;
        while (true)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }

            shift += 7;
            if (shift > 63)
            {
                throw new InvalidDataException("A number of more than 64 bits.");
            }
        }
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        int length = checked((int)ReadVarint());
        ReadOnlySpan<byte> value = _rest[..length];
        _rest = _rest[length..];
        return value;
    }

    public void ReadInto(Span<byte> destination)
    {
        _rest[..destination.Length].CopyTo(destination);
        _rest = _rest[destination.Length..];
    }

    public void Skip(int bytes) => _rest = _rest[bytes..];

    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    public T ReadWith<T>(ICodec<T> codec)
    {
        byte version = ReadByte();
        return codec.Read(ReadBytes(), version);
    }
}
