using System.Buffers;

namespace DataIntensive;

/// <summary>Turns values of one type into bytes and back. Name and version are stored beside what it writes.</summary>
/// <typeparam name="T">The type.</typeparam>
/// <remarks>An implementation is stateless, or safe for several threads at once.</remarks>
public interface ICodec<T>
{
    /// <summary>What the format is called, for good: for example <c>int64</c> or <c>json:order</c>. Data outlives code, so never a CLR name.</summary>
    string Name { get; }

    /// <summary>The version that <see cref="Write"/> writes, 1 to 255. Raise it when older readers could not read what is written.</summary>
    byte Version { get; }

    /// <summary>Writes a value.</summary>
    void Write(T value, IBufferWriter<byte> destination);

    /// <summary>Reads a value back. All of <paramref name="source"/> is the value's.</summary>
    /// <param name="source">What <see cref="Write"/> wrote.</param>
    /// <param name="version">The version that wrote it: this one or an older one.</param>
    T Read(ReadOnlySpan<byte> source, byte version);
}
