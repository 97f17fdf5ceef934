namespace DataIntensive;

/// <summary>A compare-and-set found another revision than the expected one. Nothing was written.</summary>
public sealed class StoreConflictException : DataIntensiveException
{
    internal StoreConflictException(Revision current)
        : base(current == Revision.None ? "The key is not there." : $"The key is at revision {current}.") => Current = current;

    /// <summary>The revision that was found; <see cref="Revision.None"/> when the key was not there.</summary>
    public Revision Current { get; }
}
