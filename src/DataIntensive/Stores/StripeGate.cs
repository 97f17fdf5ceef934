using System.Runtime.InteropServices;

namespace DataIntensive.Stores;

// The writers' side of one stripe, alone in its cache lines so that writers of different stripes do not slow each other. It is held for
// a few stores only, and while a stripe is built anew: shorter than a lock that can put threads to sleep takes to enter and leave.
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct StripeGate
{
    [FieldOffset(0)]
    private int _held;

    // Places that were ever used since the stripe was built, and those that hold a key.
    [FieldOffset(4)]
    public int Used;

    [FieldOffset(8)]
    public int Live;

    public void Enter()
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
        {
            Wait();
        }
    }

    // A full fence, and not only a release: a write must be seen by every read that begins after it has returned.
    public void Exit() => Interlocked.Exchange(ref _held, 0);

    private void Wait()
    {
        SpinWait spin = default;
        do
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
        while (Volatile.Read(ref _held) != 0 || Interlocked.CompareExchange(ref _held, 1, 0) != 0);
    }
}
