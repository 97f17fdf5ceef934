namespace DataIntensive.Events;

internal sealed class ListCursor(LogPositionList list) : PositionCursor
{
    private long _passed;

    public override long AtOrAfter(long position)
    {
        LogPosition before = new(position - 1);
        _passed = _passed > 0 && list[_passed - 1] > before ? list.CountUpTo(before) : list.CountUpTo(before, _passed);
        return _passed < list.Count ? list[_passed].Value : None;
    }

    public override long AtOrBefore(long position)
    {
        long count = list.CountUpTo(new LogPosition(position));
        return count == 0 ? 0 : list[count - 1].Value;
    }
}
