namespace DataIntensive.DependencyInjection;

internal sealed class LazyIdempotencyProcessor(DatabaseAccessor accessor, string name) : IIdempotencyProcessor
{
    private DatabaseIdempotencyProcessor? _processor;

    // A database that was closed may have been opened anew.
    private DatabaseIdempotencyProcessor? Opened => _processor is { Database.IsClosed: false } processor ? processor : null;

    public async ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec = null,
        CancellationToken cancellationToken = default)
    {
        DatabaseIdempotencyProcessor processor = Opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await processor.ExecuteAsync(key, operation, codec, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyRequest request,
        Func<IdempotencyContext, ValueTask<T>> operation,
        IdempotencyCall<T>? call = null,
        CancellationToken cancellationToken = default)
    {
        DatabaseIdempotencyProcessor processor = Opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await processor.ExecuteAsync(request, operation, call, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<DatabaseIdempotencyProcessor> OpenAsync(CancellationToken cancellationToken)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return _processor = database.Idempotency(name);
    }
}
