namespace DataIntensive.Idempotency;

internal sealed class MemoryFailure(DefiniteFailure failure) : KeyEntry
{
    public override bool IsKept => true;

    public override DefiniteFailure Failure => failure;

    public override string Form => "a failure";
}
