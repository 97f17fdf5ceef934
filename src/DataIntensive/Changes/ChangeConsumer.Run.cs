using DataIntensive.Consumers;

namespace DataIntensive;

public sealed partial class ChangeConsumer
{
    /// <inheritdoc />
    public Task RunAsync(CancellationToken cancellationToken = default) => RunAsync(follow: true, cancellationToken);

    /// <inheritdoc />
    public Task RunToEndAsync(CancellationToken cancellationToken = default) => RunAsync(follow: false, cancellationToken);

    private async Task RunAsync(bool follow, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!IsExternal && !IsTransactional)
        {
            throw new InvalidOperationException($"The consumer '{Name}' has no handler.");
        }

        using RunningConsumers.Lease lease = RunningConsumers.Acquire(_checkpoints, Name);
        _complete = true;
        LogPosition saved = await _checkpoints.ReadAsync(Name, cancellationToken).ConfigureAwait(false);
        LogPosition end = _source.End;
        if (saved > end)
        {
            throw new CheckpointAheadException(Name, saved, end);
        }

        Volatile.Write(ref _position, saved.Value);
        ChangeReadOptions options = new() { Tables = WantedTables(), Follow = follow, UpTo = _options.UpTo };
        await foreach (ChangeTransaction transaction in _source.ReadAsync(saved, options, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            saved = await ProcessAsync(transaction, saved, cancellationToken).ConfigureAwait(false);
        }
    }

    // What nobody would handle is not even decoded. Null asks for all.
    private HashSet<string>? WantedTables() =>
        _other is not null || _otherExternal is not null || _options.UnhandledTables == UnhandledTables.Fail
            ? null
            : new HashSet<string>(IsExternal ? _externalHandlers.Keys : _handlers.Keys, StringComparer.Ordinal);

    // Returns the checkpoint.
    private async ValueTask<LogPosition> ProcessAsync(ChangeTransaction transaction, LogPosition saved, CancellationToken cancellationToken)
    {
        if (transaction.Position <= Position)
        {
            Interlocked.Add(ref _skipped, transaction.Changes.Count);
            return saved;
        }

        List<ChangeEvent>? changes = Select(transaction);
        if (changes is not null)
        {
            await HandleAsync(transaction.Position, changes, cancellationToken).ConfigureAwait(false);
            saved = transaction.Position;
        }
        else if (transaction.Position.Value - saved.Value >= _options.ForeignPositionsPerCheckpoint)
        {
            await _checkpoints.SaveAsync(Name, transaction.Position, cancellationToken).ConfigureAwait(false);
            saved = transaction.Position;
        }

        Volatile.Write(ref _position, transaction.Position.Value);
        return saved;
    }

    // The changes to handle; null when there are none.
    private List<ChangeEvent>? Select(in ChangeTransaction transaction)
    {
        List<ChangeEvent>? changes = null;
        ChangePosition last = new(Position, int.MaxValue);
        foreach (ChangeEvent change in transaction.Changes)
        {
            if (change.Position <= last)
            {
                Interlocked.Increment(ref _skipped);
                continue;
            }

            last = change.Position;
            if (HasHandler(change.Table))
            {
                (changes ??= []).Add(change);
            }
            else if (_options.UnhandledTables == UnhandledTables.Fail)
            {
                throw new ChangeHandlerException(Name, change, innerException: null);
            }
        }

        return changes;
    }

    private bool HasHandler(string table) =>
        _other is not null || _otherExternal is not null || _handlers.ContainsKey(table) || _externalHandlers.ContainsKey(table);

    private async ValueTask HandleAsync(LogPosition commit, List<ChangeEvent> changes, CancellationToken cancellationToken)
    {
        bool handled = true;
        if (IsExternal)
        {
            await HandleExternallyAsync(changes, cancellationToken).ConfigureAwait(false);

            // Not cancelled: the effects are there, and without the checkpoint they would only come again.
            await _checkpoints.SaveAsync(Name, commit, CancellationToken.None).ConfigureAwait(false);
        }
        else
        {
            DatabaseCheckpointStore checkpoints = (DatabaseCheckpointStore)_checkpoints;
            handled = await checkpoints.Database.ExecuteAsync(
                transaction => HandleIn(transaction, checkpoints, commit, changes),
                cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        Interlocked.Add(ref handled ? ref _handled : ref _skipped, changes.Count);
    }

    // Effects and checkpoint, or neither. The checkpoint is read here again because a run that was cancelled while its commit was under way
    // may have left one that was not visible yet when this run began.
    private bool HandleIn(DatabaseTransaction transaction, DatabaseCheckpointStore checkpoints, LogPosition commit, List<ChangeEvent> changes)
    {
        if (checkpoints.Read(transaction, Name) >= commit)
        {
            return false;
        }

        foreach (ChangeEvent change in changes)
        {
            try
            {
                (_handlers.GetValueOrDefault(change.Table) ?? _other!)(transaction, change);
            }
            catch (Exception exception)
            {
                throw new ChangeHandlerException(Name, change, exception);
            }
        }

        checkpoints.Save(transaction, Name, commit);
        return true;
    }

    private async ValueTask HandleExternallyAsync(List<ChangeEvent> changes, CancellationToken cancellationToken)
    {
        foreach (ChangeEvent change in changes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await (_externalHandlers.GetValueOrDefault(change.Table) ?? _otherExternal!)(change, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception)
            {
                throw new ChangeHandlerException(Name, change, exception);
            }
        }
    }
}
