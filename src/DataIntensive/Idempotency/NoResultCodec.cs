using System.Buffers;

namespace DataIntensive.Idempotency;

internal sealed class NoResultCodec : ICodec<NoResult>
{
    public static readonly NoResultCodec Instance = new();

    public string Name => "none";

    public byte Version => 1;

    public void Write(NoResult value, IBufferWriter<byte> destination)
    {
    }

    public NoResult Read(ReadOnlySpan<byte> source, byte version) => default;
}
