namespace DataIntensive.Idempotency;

internal sealed class MemoryFailure(DefiniteFailure failure) : CompletedKey
{
    public override DefiniteFailure Failure => failure;

    public override string Form => "a failure";
}
