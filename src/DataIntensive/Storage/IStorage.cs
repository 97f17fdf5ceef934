using DataIntensive.Storage;

namespace DataIntensive;

/// <summary>
/// A flat folder of files: the port through which everything durable goes, so that tests can put a faulty one in its place.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> What was written is durable after <see cref="IStorageFile.Flush"/>; that a file exists or is gone is
/// durable after <see cref="FlushNames"/>.</para>
/// <para><b>Order.</b> Unflushed writes may reach the disk in any order.</para>
/// <para><b>After a crash.</b> Anything not flushed may be there, missing, or torn at any byte.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> Calls block the calling thread for the disk.</para>
/// <para><b>Not guaranteed.</b> That a network file system keeps what its flush says.</para>
/// </remarks>
public interface IStorage : IDisposable
{
    /// <summary>What names this folder in messages: a path, or <c>memory</c>.</summary>
    string Location { get; }

    /// <summary>Returns the names of the files that exist, in ordinal order; empty when the folder does not exist yet.</summary>
    IReadOnlyList<string> List();

    /// <summary>Opens one file.</summary>
    /// <param name="name">A file name without a folder.</param>
    /// <param name="mode">Whether the file must exist, must be new, or is only read.</param>
    /// <exception cref="IOException">The file does not exist, or exists already, against <paramref name="mode"/>.</exception>
    IStorageFile Open(string name, StorageOpenMode mode);

    /// <summary>Deletes a file; nothing happens when there is none. Durable after <see cref="FlushNames"/>.</summary>
    void Delete(string name);

    /// <summary>Makes creations and deletions of files durable (a directory fsync where the platform has one).</summary>
    void FlushNames();

    /// <summary>
    /// Takes the folder for one writer until the result is disposed, creating it when needed. The lock ends with the process,
    /// and excludes another process also when somebody deleted the lock file.
    /// </summary>
    /// <exception cref="StorageLockedException">Another holder, in this process or in another, has it.</exception>
    IDisposable Lock();
}
