using System.Runtime.InteropServices;

namespace DataIntensive.Stores;

// The last revision given out, alone in its cache lines: every write changes it, and readers share the object that it stands in.
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct RevisionCounter
{
    [FieldOffset(64)]
    private long _last;

    public long Last => Volatile.Read(ref _last);

    public long Next() => Interlocked.Increment(ref _last);
}
