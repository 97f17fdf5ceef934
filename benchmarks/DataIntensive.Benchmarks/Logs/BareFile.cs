using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Benchmarks.Logs;

/// <summary>The bare loop: records go to the end of a file, which is flushed when told to. Nothing else is kept or checked.</summary>
internal sealed class BareFile(string path) : IDisposable
{
    private readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _length;
    private long _end;

    public void Append(ReadOnlySpan<byte> body)
    {
        int size = RecordLayout.HeaderBytes + body.Length;
        if (_length + size > _buffer.Length)
        {
            Write();
        }

        RecordLayout.Write(_buffer.AsSpan(_length), body);
        _length += size;
    }

    public void Flush()
    {
        Write();
        RandomAccess.FlushToDisk(_file);
    }

    public void Dispose() => _file.Dispose();

    private void Write()
    {
        RandomAccess.Write(_file, _buffer.AsSpan(0, _length), _end);
        _end += _length;
        _length = 0;
    }
}
