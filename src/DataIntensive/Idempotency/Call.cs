namespace DataIntensive.Idempotency;

// What one caller asks for, in either of the two forms of an operation.
internal readonly struct Call<T>
{
    private readonly Func<CancellationToken, ValueTask<T>>? _simple;
    private readonly Func<IdempotencyContext, ValueTask<T>>? _full;

    public Call(IdempotencyKey key, Func<CancellationToken, ValueTask<T>> operation, ICodec<T>? codec)
    {
        ArgumentNullException.ThrowIfNull(operation);
        key.ThrowIfDefault();
        Request = key;
        _simple = operation;
        Codec = codec;
    }

    public Call(in IdempotencyRequest request, Func<IdempotencyContext, ValueTask<T>> operation, IdempotencyCall<T>? options, ICodec<T>? codec)
    {
        ArgumentNullException.ThrowIfNull(operation);
        request.Key.ThrowIfDefault();
        if (options is { WhenUnknown: UnknownOutcomePolicy.Ask, Recover: null })
        {
            throw new ArgumentException($"There is nobody to ask: set {nameof(IdempotencyCall<>.Recover)}.", nameof(options));
        }

        Request = request;
        _full = operation;
        Options = options;
        Codec = codec;
    }

    public IdempotencyRequest Request { get; }

    public ICodec<T>? Codec { get; }

    public IdempotencyCall<T>? Options { get; }

    public ValueTask<T> RunAsync(Executions owner, Execution execution) =>
        _simple is not null ? _simple(execution.Token) : _full!(new IdempotencyContext(owner, execution));

    // What only the caller can tell; a failure that says so itself is definite for everyone.
    public DefiniteFailure? Classify(Exception failure) => (failure as IdempotentFailureException)?.Failure ?? Options?.Classify?.Invoke(failure);
}
