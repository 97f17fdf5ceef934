namespace DataIntensive;

/// <summary>There is no space for another commit. Nothing was written; reading goes on, and appending too once there is space again.</summary>
public sealed class LogFullException : DataIntensiveException
{
    internal LogFullException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
