namespace DataIntensive;

/// <summary>What a source gives: an item with its position, or only how far the source has come.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public readonly record struct StreamRecord<T>
{
    private readonly T? _item;

    /// <summary>Makes a record of an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="position">Where it stands: reading after it goes on behind this item.</param>
    public StreamRecord(T item, LogPosition position)
    {
        _item = item;
        Position = position;
        HasItem = true;
    }

    private StreamRecord(LogPosition position) => Position = position;

    /// <summary>Where the source has come to.</summary>
    public LogPosition Position { get; }

    /// <summary>Whether there is an item.</summary>
    public bool HasItem { get; }

    /// <summary>The item.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public T Item => HasItem ? _item! : throw new InvalidOperationException("The record tells a position only.");

    /// <summary>
    /// Says that up to a position there is nothing more for this reader. It lets a run with <see cref="StreamRunOptions.EndAfter"/>
    /// end where the last positions hold nothing for it; it never causes a commit of its own.
    /// </summary>
    /// <param name="position">The position.</param>
    public static StreamRecord<T> NothingUpTo(LogPosition position) => new(position);
}
