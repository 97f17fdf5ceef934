using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Storage;

// .NET preallocates at creation only, and then without changing the length, so that every write would change it again. And it opens
// no file for writes past the page cache.
internal static partial class LinuxFile
{
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;
    private const int NotSupported = 95;
    private const int NotImplemented = 38;
    private const int WriteOnly = 1;
    private const uint WriteRange = 2;
    private const int CloseOnExec = 0x80000;

    // The number differs between processors; where it is not known there are no direct writes.
    private static int Direct => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x10000,
        _ => 0,
    };

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

    // For writes past the page cache, of an existing file; null where that is refused.
    public static SafeFileHandle? TryOpenDirect(string path)
    {
        if (Direct == 0)
        {
            return null;
        }

        int descriptor = open(path, WriteOnly | CloseOnExec | Direct);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    // What a file system or device answers that wants other sizes or places.
    public static bool IsRefusal(IOException exception) => exception.HResult == InvalidArgument;

    // Has the disk begin with what was written, so that a later fsync has less to wait for. A hint: it promises nothing.
    public static void StartWriteBack(SafeFileHandle file, long offset, long length) => _ = sync_file_range(file, offset, length, WriteRange);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeFileHandle descriptor, long offset, long length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle descriptor, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
