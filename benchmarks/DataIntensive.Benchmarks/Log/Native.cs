using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Benchmarks.Log;

/// <summary>What .NET offers no call for, on Linux.</summary>
internal static class Native
{
    private const int ReadWriteCreateDirect = 2 | 0x40 | 0x4000;

    /// <summary>Gives the file blocks and length, as zeros that take no writing. Elsewhere the length only.</summary>
    public static void Prepare(SafeFileHandle file, long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.SetLength(file, bytes);
            return;
        }

        int error = posix_fallocate((int)file.DangerousGetHandle(), 0, bytes);
        if (error != 0)
        {
            throw new IOException(new Win32Exception(error).Message);
        }
    }

    /// <summary>Opens a new file past the page cache, or returns null where that is refused.</summary>
    public static SafeFileHandle? TryOpenDirect(string path)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return null;
        }

        int descriptor = open(path, ReadWriteCreateDirect, 0x1A4);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [DllImport("libc")]
    private static extern int posix_fallocate(int descriptor, long offset, long length);

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int open(string path, int flags, int mode);
}
