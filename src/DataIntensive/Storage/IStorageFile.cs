namespace DataIntensive.Storage;

/// <summary>One open file of an <see cref="IStorage"/>. Safe to read from many threads beside one writer.</summary>
public interface IStorageFile : IDisposable
{
    /// <summary>The length in bytes.</summary>
    long Length { get; }

    /// <summary>
    /// Reads up to <c>destination.Length</c> bytes at <paramref name="offset"/> and returns how many there were: fewer only at the end.
    /// </summary>
    int Read(long offset, Span<byte> destination);

    /// <summary>Writes all bytes at <paramref name="offset"/>, growing the file where needed. Durable after <see cref="Flush"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Cuts or grows the file; what is grown reads as zeros. Durable after <see cref="Flush"/>.</summary>
    void SetLength(long length);

    /// <summary>Makes content and length durable (fsync). After a failure nothing about unflushed writes is known.</summary>
    void Flush();
}
