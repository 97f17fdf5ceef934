namespace DataIntensive.DependencyInjection;

internal sealed class LazyIdempotencyProcessor(DatabaseAccessor accessor, string name) : IIdempotencyProcessor
{
    private DatabaseIdempotencyProcessor? _processor;

    public async ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec = null,
        CancellationToken cancellationToken = default)
    {
        DatabaseIdempotencyProcessor processor = _processor ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await processor.ExecuteAsync(key, operation, codec, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<DatabaseIdempotencyProcessor> OpenAsync(CancellationToken cancellationToken)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return _processor = database.Idempotency(name);
    }
}
