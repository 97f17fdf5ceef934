using System.Runtime.CompilerServices;
using DataIntensive.Logs;
using DataIntensive.Stores;

namespace DataIntensive.Changes;

// Reads the log of a database. It looks at whole commits, and only at such as the database shows already, so that whoever is told
// of a change and reads a store next sees at least that commit.
internal sealed class DatabaseChangeSource : IChangeSource
{
    private readonly Database _database;
    private readonly Dictionary<string, ChangeDecoder> _decoders;
    private readonly uint _checkpointsTag;

    public DatabaseChangeSource(Database database, IEnumerable<ChangeDecoder> decoders)
    {
        _database = database;
        _decoders = decoders.ToDictionary(decoder => decoder.Table.Name, StringComparer.Ordinal);
        Tables = [.. _decoders.Values.Select(decoder => decoder.Table).OrderBy(table => table.Name, StringComparer.Ordinal)];
        _checkpointsTag = database.States.SingleOrDefault(state => state is StoreState<string, long> && state.Name == DatabaseCheckpointStore.StoreName)?.Tag
            ?? uint.MaxValue;
    }

    public IReadOnlyCollection<ChangeTable> Tables { get; }

    public LogPosition End => _database.Visible;

    public IAsyncEnumerable<ChangeTransaction> ReadAsync(LogPosition after = default, ChangeReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        LogPosition end = End;
        if (after > end)
        {
            throw new ArgumentOutOfRangeException(nameof(after), after, $"The newest commit is at position {end}.");
        }

        options ??= new ChangeReadOptions();
        return Read(after, options.Follow ? new LogPosition(long.MaxValue) : end, options, cancellationToken);
    }

    private async IAsyncEnumerable<ChangeTransaction> Read(
        LogPosition after,
        LogPosition end,
        ChangeReadOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // One record back where there is one: it tells whether the position is the end of a commit.
        LogPosition start = after >= _database.Log.Range.First ? new LogPosition(after.Value - 1) : after;
        Dictionary<uint, ChangeDecoder> decoders = WantedDecoders(options.Tables);
        TransactionAssembler assembler = new(decoders, _checkpointsTag, after);
        using LogReader reader = _database.Log.OpenReader(start, options.UpTo);
        ThrowIfHistoryGone(decoders, after);
        do
        {
            while (reader.Position < end && reader.TryRead(out LogRecord record))
            {
                if (record.RemovedBefore > 0)
                {
                    ThrowIfHistoryGone(decoders, new LogPosition(record.Position.Value - record.RemovedBefore - 1));
                }

                if (record.Position <= after)
                {
                    ThrowIfInside(record);
                }
                else if (assembler.Add(record, out ChangeTransaction transaction))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await _database.WaitVisibleAsync(transaction.Position, cancellationToken).ConfigureAwait(false);
                    yield return transaction;
                }
            }
        }
        while (options.Follow && await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false));
    }

    private void ThrowIfHistoryGone(Dictionary<uint, ChangeDecoder> decoders, LogPosition after)
    {
        foreach (uint tag in decoders.Keys)
        {
            _database.ThrowIfHistoryGone(tag, after);
        }
    }

    private Dictionary<uint, ChangeDecoder> WantedDecoders(IReadOnlySet<string>? tables) =>
        _decoders.Values.Where(decoder => tables is null || tables.Contains(decoder.Table.Name)).ToDictionary(decoder => decoder.Tag);

    private static void ThrowIfInside(in LogRecord record)
    {
        if (!record.EndsCommit)
        {
            throw new ArgumentException($"Position {record.Position} is inside a transaction: only the position of a whole commit can be resumed after.");
        }
    }
}
