using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

// .NET preallocates at creation only, and then without changing the length, so that every write would change it again.
internal static partial class LinuxFile
{
    private const int Interrupted = 4;
    private const int NotSupported = 95;
    private const int NotImplemented = 38;

    // False when the file system cannot do it. What was taken before a failure is given back with the file's old length.
    public static bool TryAllocate(SafeFileHandle file, long offset, long length)
    {
        int error;
        do
        {
            error = fallocate(file, mode: 0, offset, length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == Interrupted);

        return error switch
        {
            0 => true,
            NotSupported or NotImplemented => false,
            _ => throw new IOException($"Preparing {length} bytes failed: {new Win32Exception(error).Message}", error),
        };
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle descriptor, int mode, long offset, long length);
}
