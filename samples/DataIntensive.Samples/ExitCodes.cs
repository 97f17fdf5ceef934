namespace DataIntensive.Samples;

/// <summary>What the console answers to its caller.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The job failed: a damaged log, a full disk, a history that is not linearizable.</summary>
    public const int Failed = 1;

    /// <summary>What was given cannot be used; nothing was written.</summary>
    public const int Usage = 2;

    /// <summary>There is no answer within the time and memory that were given.</summary>
    public const int Unknown = 3;

    /// <summary>Stopped by the user.</summary>
    public const int Cancelled = 130;
}
