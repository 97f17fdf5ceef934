using System.Buffers;

namespace DataIntensive.Samples.Patterns;

/// <summary>A codec of one's own: one byte.</summary>
internal sealed class BooleanCodec : ICodec<bool>
{
    public string Name => "boolean";

    public byte Version => 1;

    public void Write(bool value, IBufferWriter<byte> destination) => destination.Write([value ? (byte)1 : (byte)0]);

    public bool Read(ReadOnlySpan<byte> source, byte version) => source[0] == 1;
}
