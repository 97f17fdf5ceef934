namespace DataIntensive.Testing;

/// <summary>A processor does not do what its interface promises.</summary>
public sealed class IdempotencyContractException : Exception
{
    internal IdempotencyContractException(string message)
        : base(message)
    {
    }
}
