using DataIntensive.Storage;

namespace DataIntensive.Logs;

// Where the zeros begin that a file was prepared with.
internal static class EndOfUse
{
    private const int ReadBytes = 256 * 1024;

    // The offset behind the last byte that is not zero.
    public static long Find(IStorageFile file, long offset, long length)
    {
        byte[] buffer = new byte[ReadBytes];
        long used = offset;
        for (long at = offset; at < length;)
        {
            int read = file.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at)));
            if (read == 0)
            {
                break;
            }

            int last = buffer.AsSpan(0, read).LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
            {
                used = at + last + 1;
            }

            at += read;
        }

        return used;
    }
}
