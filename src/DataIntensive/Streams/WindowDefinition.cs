namespace DataIntensive.Streams;

/// <summary>Which windows an event belongs to. <see cref="Windows"/> makes it.</summary>
public abstract class WindowDefinition
{
    private protected WindowDefinition()
    {
    }

    // As it is stored with the state and compared at the next run.
    internal abstract string Shape { get; }
}
