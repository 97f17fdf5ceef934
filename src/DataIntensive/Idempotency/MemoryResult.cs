namespace DataIntensive.Idempotency;

// The result of a step, as it is.
internal sealed class MemoryResult<T>(T value, string? codec) : KeyEntry
{
    public T Value => value;

    public override bool IsKept => true;

    public override string Form => codec ?? typeof(T).ToString();

    public bool IsReadBy(ICodec<T>? asked) => asked is null || codec is null || asked.Name == codec;
}
