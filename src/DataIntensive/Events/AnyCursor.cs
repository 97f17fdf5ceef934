namespace DataIntensive.Events;

// What is in any of several.
internal sealed class AnyCursor(PositionCursor[] parts) : PositionCursor
{
    // What each said last stays true for every position up to that.
    private readonly long[] _next = new long[parts.Length];

    public override long AtOrAfter(long position)
    {
        long first = None;
        for (int i = 0; i < parts.Length; i++)
        {
            if (_next[i] < position)
            {
                _next[i] = parts[i].AtOrAfter(position);
            }

            first = Math.Min(first, _next[i]);
        }

        return first;
    }

    public override long AtOrBefore(long position)
    {
        long last = 0;
        foreach (PositionCursor part in parts)
        {
            last = Math.Max(last, part.AtOrBefore(position));
        }

        return last;
    }
}
