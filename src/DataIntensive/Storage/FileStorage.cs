using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

/// <summary>
/// A folder of the file system. <see cref="IStorageFile.Flush"/> is fsync (FlushFileBuffers on Windows, F_FULLFSYNC on macOS).
/// </summary>
/// <remarks>
/// Constructing it touches nothing; <see cref="Lock"/> creates the folder. On Linux and macOS the lock is a <c>flock</c> on the
/// folder itself, so that deleting the <c>LOCK</c> file, which only names the owner, frees nothing; on Windows it is the share
/// mode of that file. Windows has no directory fsync: there <see cref="FlushNames"/> relies on the file system's journal.
/// </remarks>
public sealed class FileStorage : IStorage
{
    private const string LockFileName = "LOCK";

    // Where direct writes and the page cache are known to agree about a file, and where allocated space is written in place.
    private static readonly string[] KnownFileSystems = ["ext4", "xfs"];

    private readonly Lazy<bool> _isKnown;

    /// <summary>Names the folder. Nothing is opened or created yet.</summary>
    /// <param name="directory">A path, absolute or relative to the current folder.</param>
    public FileStorage(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        Location = Path.GetFullPath(directory);
        _isKnown = new Lazy<bool>(IsOnKnownFileSystem);
    }

    /// <summary>
    /// Whether writes of 128 KiB and more go past the page cache (O_DIRECT), where that is known to work: on Linux with ext4 and xfs,
    /// from memory at a multiple of 512 bytes. Anything else, and what the disk refuses, goes through the page cache, where the disk
    /// begins with large writes at once. It makes no difference to what <see cref="IStorageFile.Flush"/> promises. Worth a
    /// measurement on a disk that is faster than memory is copied, or where the page cache is wanted for something else. Default false.
    /// </summary>
    public bool DirectWrites { get; init; }

    /// <inheritdoc />
    public string Location { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> List()
    {
        if (!Directory.Exists(Location))
        {
            return [];
        }

        string[] names = [.. Directory.EnumerateFiles(Location).Select(path => Path.GetFileName(path)!)];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc />
    public IStorageFile Open(string name, StorageOpenMode mode)
    {
        string path = PathOf(name);
        return mode switch
        {
            StorageOpenMode.Read => new FileStorageFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)),
            StorageOpenMode.Write => Writable(path, File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)),
            StorageOpenMode.CreateNew => Writable(path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)),
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
        };
    }

    /// <inheritdoc />
    public void Delete(string name) => File.Delete(PathOf(name));

    /// <inheritdoc />
    public void FlushNames()
    {
        if (!OperatingSystem.IsWindows())
        {
            UnixDirectory.Flush(Location);
        }
    }

    /// <inheritdoc />
    public IDisposable Lock()
    {
        CreateDurably(Location);
        string lockPath = PathOf(LockFileName);
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return WriteOwner(new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
            }
            catch (IOException)
            {
                throw new StorageLockedException(Location, ReadOwner(lockPath));
            }
        }

        IDisposable directoryLock = UnixDirectory.TryLock(Location) ?? throw new StorageLockedException(Location, ReadOwner(lockPath));
        try
        {
            WriteOwner(new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)).Dispose();
            return directoryLock;
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Nothing to release: files and locks are disposed by who opened them.</summary>
    public void Dispose()
    {
    }

    private FileStorageFile Writable(string path, SafeFileHandle handle) =>
        new(handle, DirectWrites && _isKnown.Value ? new DirectFile(path) : null, fillsAhead: _isKnown.Value);

    private bool IsOnKnownFileSystem()
    {
        try
        {
            return OperatingSystem.IsLinux() && KnownFileSystems.Contains(new DriveInfo(Location).DriveFormat);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // A new folder is only there after a crash when its parent was flushed too.
    private static void CreateDurably(string directory)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(directory);
        if (parent is not null)
        {
            CreateDurably(parent);
        }

        Directory.CreateDirectory(directory);
        if (parent is not null && !OperatingSystem.IsWindows())
        {
            UnixDirectory.Flush(parent);
        }
    }

    private static FileStream WriteOwner(FileStream file)
    {
        file.SetLength(0);
        file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId}")));
        file.Flush();
        return file;
    }

    private static string ReadOwner(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using StreamReader reader = new(file);
            string owner = reader.ReadToEnd();
            return owner.Length == 0 ? "an unnamed process" : owner;
        }
        catch (IOException)
        {
            return "an unknown process";
        }
    }

    private string PathOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.AsSpan().IndexOfAny('/', '\\') >= 0)
        {
            throw new ArgumentException($"'{name}' is not a plain file name.", nameof(name));
        }

        return Path.Combine(Location, name);
    }
}
