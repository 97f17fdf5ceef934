using System.Security.Cryptography;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Transactions;

namespace DataIntensive;

// A backup is a database like any other, read through all checks of reading once it is there. It counts once it has its name.
public sealed partial class Database
{
    private const byte IncarnationBegun = 2;
    private const string UnfinishedSuffix = ".unfinished";

    /// <summary>
    /// Which life of the data this is: empty for a database that was never restored; every restore gives another one. Backups keep that
    /// of their database. Whoever keeps positions elsewhere keeps it beside them: positions of another incarnation mean nothing here.
    /// </summary>
    public Guid Incarnation { get; private set; }

    /// <summary>
    /// Copies the database into a new folder while it is in use, as it is at the newest fsynced commit. The copy can be opened as it is,
    /// and be restored from. Writing goes on meanwhile.
    /// </summary>
    /// <param name="directory">The folder; it must not exist. Until all is copied and fsynced it is called so with <c>.unfinished</c> behind.</param>
    /// <param name="cancellationToken">Stops the copying; the unfinished copy is deleted.</param>
    /// <returns>The position up to which all is there.</returns>
    /// <exception cref="IOException">The folder is there already, or cannot be written.</exception>
    /// <remarks>
    /// Segments that are done with and state snapshots are copied as they are, what is newer commit by commit; the copy is then opened,
    /// which reads all of its log. Trimming, compaction and state snapshots wait until it is done.
    /// </remarks>
    /// <exception cref="LogHistoryGoneException">
    /// The log was trimmed or compacted, and there is no state snapshot to begin with, or none that is old enough: it names the oldest
    /// position that can be had.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is nothing in the log.</exception>
    /// <exception cref="LogCorruptException">The log is damaged.</exception>
    public async Task<LogPosition> BackupAsync(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return await MaintainAsync(
            stop => CopyToFolderAsync(Log, directory, Log.Range.Durable, DateTimeOffset.MaxValue, isRestore: false, TimeProvider, stop),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a new database folder out of a backup, or out of any database's folder, as it was at a position or at a time. It is a new
    /// incarnation. Neither the backup nor a database that is running on it is changed.
    /// </summary>
    /// <param name="backup">The folder to restore from.</param>
    /// <param name="directory">The folder to make; it must not exist.</param>
    /// <param name="options">How far to restore; null for all.</param>
    /// <param name="cancellationToken">Stops the copying; the unfinished copy is deleted.</param>
    /// <returns>The position of the last commit that was restored.</returns>
    /// <inheritdoc cref="BackupAsync" path="/exception"/>
    public static async Task<LogPosition> RestoreAsync(string backup, string directory, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(backup);
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        options ??= new RestoreOptions();
        if (!Directory.Exists(backup))
        {
            throw new DirectoryNotFoundException($"There is no folder '{backup}' to restore from.");
        }

        CommitLog source = await CommitLog.OpenAsync(backup, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly }, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            LogPosition end = source.Range.Visible;
            LogPosition upTo = options.UpTo is { } position && position < end ? position : end;
            return await CopyToFolderAsync(source, directory, upTo, options.UpToTime ?? DateTimeOffset.MaxValue, isRestore: true, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<LogPosition> CopyToFolderAsync(
        ICommitLog source,
        string directory,
        LogPosition upTo,
        DateTimeOffset upToTime,
        bool isRestore,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        string unfinished = folder + UnfinishedSuffix;
        foreach (string taken in (string[])[folder, unfinished])
        {
            if (Path.Exists(taken))
            {
                throw new IOException($"'{taken}' is there already.");
            }
        }

        try
        {
            LogCopy copy = new(source, unfinished, time, cancellationToken) { Last = isRestore ? NewIncarnation() : null };
            LogPosition copied = await copy.RunAsync(upTo, upToTime).ConfigureAwait(false);
            Directory.Move(unfinished, folder);
            using FileStorage parent = new(Path.GetDirectoryName(folder)!);
            parent.FlushNames();
            return copied;
        }
        catch
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }

            throw;
        }
    }

    private static LogBatch NewIncarnation()
    {
        LogBatch batch = new();
        batch.BeginRecord(SchemaTag);
        batch.WriteByte(IncarnationBegun);
        RandomNumberGenerator.Fill(batch.GetSpan(16)[..16]);
        batch.Advance(16);
        batch.EndRecord();
        return batch;
    }
}
