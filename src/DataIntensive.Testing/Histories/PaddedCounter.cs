using System.Runtime.InteropServices;

namespace DataIntensive.Testing;

// Alone on its cache lines, so that whoever counts disturbs nobody else.
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedCounter
{
    [FieldOffset(128)]
    public long Value;
}
