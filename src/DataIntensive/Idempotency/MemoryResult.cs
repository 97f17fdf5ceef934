namespace DataIntensive.Idempotency;

// A result as it is.
internal sealed class MemoryResult<T>(T value, string? codec) : CompletedKey
{
    public T Value => value;

    public override string Form => codec ?? typeof(T).ToString();

    public bool IsReadBy(ICodec<T>? asked) => asked is null || codec is null || asked.Name == codec;
}
