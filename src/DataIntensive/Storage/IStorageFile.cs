namespace DataIntensive.Storage;

/// <summary>
/// One open file of an <see cref="IStorage"/>. Safe to read from many threads beside one writer, which is the only one that has the
/// file open for writing.
/// </summary>
public interface IStorageFile : IDisposable
{
    /// <summary>The length in bytes.</summary>
    long Length { get; }

    /// <summary>
    /// Reads up to <c>destination.Length</c> bytes at <paramref name="offset"/> and returns how many there were: fewer only at the end.
    /// </summary>
    int Read(long offset, Span<byte> destination);

    /// <summary>
    /// Writes all bytes at <paramref name="offset"/>, growing the file where needed. Durable after <see cref="Flush"/>. The log's large
    /// writes come from memory that does not move and begins at a multiple of 512 bytes, so that they can go past a page cache.
    /// </summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>
    /// Cuts or grows the file. What is grown reads as zeros, and its space is taken from the disk at once where the platform can do
    /// that, so that later writes there do not meet a full disk. Durable after <see cref="Flush"/>.
    /// </summary>
    /// <exception cref="IOException">There is no space; the length is as before.</exception>
    void SetLength(long length);

    /// <summary>Makes content and length durable (fsync). After a failure nothing about unflushed writes is known.</summary>
    void Flush();
}
