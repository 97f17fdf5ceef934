using System.ComponentModel;
using System.Runtime.InteropServices;

namespace DataIntensive.Storage;

// .NET opens no directories: fsync and flock of one need the C library.
internal static partial class UnixDirectory
{
    private const int LockExclusiveNonBlocking = 2 | 4;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    private static int WouldBlock => OperatingSystem.IsMacOS() ? 35 : 11;

    public static void Flush(string path)
    {
        int descriptor = Open(path);
        try
        {
            if (fsync(descriptor) != 0)
            {
                throw Error("fsync", path);
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    public static IDisposable? TryLock(string path)
    {
        int descriptor = Open(path);
        if (flock(descriptor, LockExclusiveNonBlocking) == 0)
        {
            return new HeldLock(descriptor);
        }

        int error = Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        return error == WouldBlock ? null : throw new IOException($"flock '{path}': {new Win32Exception(error).Message}");
    }

    private static int Open(string path)
    {
        int descriptor = open(path, CloseOnExec);
        return descriptor >= 0 ? descriptor : throw Error("open", path);
    }

    private static IOException Error(string call, string path) =>
        new($"{call} '{path}': {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    private sealed class HeldLock(int descriptor) : IDisposable
    {
        private int _descriptor = descriptor;

        public void Dispose()
        {
            int held = Interlocked.Exchange(ref _descriptor, -1);
            if (held >= 0)
            {
                _ = close(held);
            }
        }
    }
}
