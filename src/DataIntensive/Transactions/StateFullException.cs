namespace DataIntensive;

/// <summary>
/// The states would take more memory than <see cref="DatabaseOptions.MaxStateBytes"/>. Nothing was written; reading goes on, and so does
/// what takes no more: deletes, values that are not larger than those they replace, checkpoints.
/// </summary>
public sealed class StateFullException : DataIntensiveException
{
    internal StateFullException(long stateBytes, long growthBytes, long maxStateBytes)
        : base($"The states take {stateBytes} bytes and would take {growthBytes} more; {nameof(DatabaseOptions.MaxStateBytes)} is {maxStateBytes}.")
    {
        StateBytes = stateBytes;
        GrowthBytes = growthBytes;
        MaxStateBytes = maxStateBytes;
    }

    /// <summary>What they took, in bytes.</summary>
    public long StateBytes { get; }

    /// <summary>What the commit would have added, in bytes.</summary>
    public long GrowthBytes { get; }

    /// <summary>What they may take, in bytes.</summary>
    public long MaxStateBytes { get; }
}
