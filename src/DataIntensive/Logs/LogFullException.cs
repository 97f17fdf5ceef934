namespace DataIntensive;

/// <summary>There is no space for another commit. Nothing was written; reading goes on.</summary>
public sealed class LogFullException : DataIntensiveException
{
    internal LogFullException(string message)
        : base(message)
    {
    }
}
