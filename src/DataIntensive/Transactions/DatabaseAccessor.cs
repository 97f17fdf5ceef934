namespace DataIntensive;

/// <summary>
/// A database that opens when it is first asked for: what a container holds, since containers make things synchronously and opening
/// reads the log.
/// </summary>
/// <remarks>Thread-safe. A failed opening reaches everyone who waited for it; the next call tries again.</remarks>
public sealed class DatabaseAccessor : IAsyncDisposable, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Func<CancellationToken, Task<Database>> _open;
    private readonly CancellationTokenSource _stop = new();
    private Task<Database>? _opening;
    private bool _disposed;

    /// <summary>Makes an accessor. Nothing is opened yet.</summary>
    /// <param name="open">Opens the database. Its token is cancelled when the accessor is disposed.</param>
    public DatabaseAccessor(Func<CancellationToken, Task<Database>> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        _open = open;
    }

    /// <summary>Returns the database, opening it when it is not open yet.</summary>
    /// <param name="cancellationToken">Stops this caller's waiting only.</param>
    /// <exception cref="ObjectDisposedException">The accessor was disposed.</exception>
    public ValueTask<Database> OpenAsync(CancellationToken cancellationToken = default)
    {
        Task<Database> opening;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_opening is null || _opening.IsFaulted || _opening.IsCanceled)
            {
                _opening = _open(_stop.Token);
            }

            opening = _opening;
        }

        return opening.IsCompletedSuccessfully ? new ValueTask<Database>(opening.Result) : new ValueTask<Database>(opening.WaitAsync(cancellationToken));
    }

    /// <summary>
    /// Closes a database that takes no more writes, and opens it anew: what a poisoned one needs
    /// (<see cref="Database.State"/>). Outcomes that were unknown are known then. Stores and the like that a container gave out go on with
    /// the new one; those that were taken from the old one throw <see cref="ObjectDisposedException"/>.
    /// </summary>
    /// <param name="failed">The one to replace. When another caller has replaced it already, that one's result is returned.</param>
    /// <param name="cancellationToken">Stops this caller's waiting only.</param>
    /// <exception cref="ObjectDisposedException">The accessor was disposed.</exception>
    public async ValueTask<Database> ReopenAsync(Database failed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(failed);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_opening is { IsCompletedSuccessfully: true } opened && ReferenceEquals(opened.Result, failed))
            {
                _opening = CloseAndOpenAsync(failed);
            }
        }

        return await OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the database that was opened before.</summary>
    /// <exception cref="InvalidOperationException">It was not.</exception>
    public Database Opened()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _opening is { IsCompletedSuccessfully: true } opened
                ? opened.Result
                : throw new InvalidOperationException($"The database is not open yet. Await {nameof(OpenAsync)} first, at start-up for example.");
        }
    }

    private async Task<Database> CloseAndOpenAsync(Database failed)
    {
        // Not under the lock of the caller: closing waits for the disk.
        await Task.Yield();
        await failed.DisposeAsync().ConfigureAwait(false);
        return await _open(_stop.Token).ConfigureAwait(false);
    }

    /// <summary>Closes the database when it is open.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc cref="Dispose" />
    public async ValueTask DisposeAsync()
    {
        Task<Database>? opening;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            opening = _opening;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _stop.Dispose();
        if (opening is not null)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully)
            {
                await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
