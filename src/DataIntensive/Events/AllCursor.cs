namespace DataIntensive.Events;

// What is in all of several: each leaps to where the one before stands, so that the shortest decides how many steps it takes.
internal sealed class AllCursor(PositionCursor[] parts) : PositionCursor
{
    public override long AtOrAfter(long position)
    {
        long candidate = position;
        for (int agreed = 0, i = 0; agreed < parts.Length && candidate != None; i = (i + 1) % parts.Length)
        {
            long next = parts[i].AtOrAfter(candidate);
            agreed = next == candidate ? agreed + 1 : 1;
            candidate = next;
        }

        return candidate;
    }

    public override long AtOrBefore(long position)
    {
        long candidate = position;
        for (int agreed = 0, i = 0; agreed < parts.Length && candidate != 0; i = (i + 1) % parts.Length)
        {
            long next = parts[i].AtOrBefore(candidate);
            agreed = next == candidate ? agreed + 1 : 1;
            candidate = next;
        }

        return candidate;
    }
}
