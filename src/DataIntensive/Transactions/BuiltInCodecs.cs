using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DataIntensive.Transactions;

internal sealed class StringCodec : ICodec<string>
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Name => "string";

    public byte Version => 1;

    public void Write(string value, IBufferWriter<byte> destination) => Strict.GetBytes(value, destination);

    public string Read(ReadOnlySpan<byte> source, byte version) => Strict.GetString(source);
}

internal sealed class BooleanCodec : ICodec<bool>
{
    public string Name => "boolean";

    public byte Version => 1;

    public void Write(bool value, IBufferWriter<byte> destination) => destination.Write([value ? (byte)1 : (byte)0]);

    public bool Read(ReadOnlySpan<byte> source, byte version) => source[0] != 0;
}

internal sealed class Int32Codec : ICodec<int>
{
    public string Name => "int32";

    public byte Version => 1;

    public void Write(int value, IBufferWriter<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination.GetSpan(sizeof(int)), value);
        destination.Advance(sizeof(int));
    }

    public int Read(ReadOnlySpan<byte> source, byte version) => BinaryPrimitives.ReadInt32LittleEndian(source);
}

internal sealed class Int64Codec : ICodec<long>
{
    public string Name => "int64";

    public byte Version => 1;

    public void Write(long value, IBufferWriter<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination.GetSpan(sizeof(long)), value);
        destination.Advance(sizeof(long));
    }

    public long Read(ReadOnlySpan<byte> source, byte version) => BinaryPrimitives.ReadInt64LittleEndian(source);
}

internal sealed class DecimalCodec : ICodec<decimal>
{
    public string Name => "decimal";

    public byte Version => 1;

    public void Write(decimal value, IBufferWriter<byte> destination)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        Span<byte> bytes = destination.GetSpan(16);
        for (int i = 0; i < parts.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * sizeof(int))..], parts[i]);
        }

        destination.Advance(16);
    }

    public decimal Read(ReadOnlySpan<byte> source, byte version)
    {
        Span<int> parts = stackalloc int[4];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = BinaryPrimitives.ReadInt32LittleEndian(source[(i * sizeof(int))..]);
        }

        return new decimal(parts);
    }
}

internal sealed class GuidCodec : ICodec<Guid>
{
    public string Name => "guid";

    public byte Version => 1;

    public void Write(Guid value, IBufferWriter<byte> destination)
    {
        value.TryWriteBytes(destination.GetSpan(16), bigEndian: true, out int written);
        destination.Advance(written);
    }

    public Guid Read(ReadOnlySpan<byte> source, byte version) => new(source[..16], bigEndian: true);
}

internal sealed class BytesCodec : ICodec<byte[]>
{
    public string Name => "bytes";

    public byte Version => 1;

    public void Write(byte[] value, IBufferWriter<byte> destination) => destination.Write(value);

    public byte[] Read(ReadOnlySpan<byte> source, byte version) => source.ToArray();
}
