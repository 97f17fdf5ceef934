namespace DataIntensive.Idempotency;

// A result as it is.
internal sealed class MemoryResult<T>(T value, string? codec) : CompletedKey
{
    public T Value => value;

    public string? Codec => codec;

    public override string Form => codec ?? typeof(T).ToString();
}
