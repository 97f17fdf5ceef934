namespace DataIntensive.Events;

// Walks the positions of the events that a query means, without reading them. Belongs to one caller at a time.
internal abstract class PositionCursor
{
    // There is none further on.
    public const long None = long.MaxValue;

    // The first at or behind a position. Cheap for positions that go up.
    public abstract long AtOrAfter(long position);

    // The last at or before a position; 0 when there is none.
    public abstract long AtOrBefore(long position);
}
