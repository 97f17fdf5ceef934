namespace DataIntensive.Events;

// Where the events of one category stand; its streams share it.
internal sealed class CategoryIndex
{
    private LogPositionList _positions = new();

    public LogPositionList Positions
    {
        get => Volatile.Read(ref _positions);
        set => Volatile.Write(ref _positions, value);
    }
}
