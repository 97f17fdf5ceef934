using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DataIntensive.Benchmarks.Logs;
using Microsoft.Win32.SafeHandles;

namespace DataIntensive.Benchmarks.Log;

/// <summary>How the file of the bare loop comes to be.</summary>
internal enum BareFileKind
{
    Growing,
    Prepared,
    Direct,
}

/// <summary>
/// The bare loop: the bytes that the log writes (records of 12 bytes and body with their CRC-32C, 64 bytes before and 8 behind each
/// frame) go to the end of a file, which is flushed when told to. Nothing else is kept.
/// </summary>
internal sealed unsafe class BareFrames : IDisposable
{
    private const int FrameHeaderBytes = 64;
    private const int FrameTrailerBytes = 8;
    private const int Room = 2 * 1024 * 1024;
    private const int Block = 4096;
    private const long PreparedBytes = 64 * 1024 * 1024;

    private readonly SafeFileHandle _file;
    private readonly BareFileKind _kind;
    private readonly byte* _buffer = (byte*)NativeMemory.AlignedAlloc(Room, Block);
    private int _length;
    private int _frameStart;
    private long _end;
    private long _prepared;

    public BareFrames(string path, BareFileKind kind)
    {
        _kind = kind;
        _file = kind == BareFileKind.Direct
            ? Native.TryOpenDirect(path) ?? throw new IOException("The file system refuses O_DIRECT.")
            : File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        BeginFrame();
        PrepareAhead();
    }

    public long End => _end;

    public bool IsFrameFull => _length - _frameStart >= Contender.BulkBytes;

    private Span<byte> Buffer => new(_buffer, Room);

    public void Add(ReadOnlySpan<byte> body)
    {
        RecordLayout.Write(Buffer[_length..], body);
        _length += RecordLayout.HeaderBytes + body.Length;
    }

    // Ends the frame with a checksum over its header, which is as much as any frame of a log needs, and writes it.
    public void Write()
    {
        Span<byte> frame = Buffer[_frameStart..];
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], _length - _frameStart);
        RecordLayout.Write(frame, frame[RecordLayout.HeaderBytes..FrameHeaderBytes]);
        _length = (_length + FrameTrailerBytes + 7) & ~7;

        // Direct writes are whole blocks: what does not fill one is kept for the next.
        int now = _kind == BareFileKind.Direct ? _length & ~(Block - 1) : _length;
        PrepareAhead();
        RandomAccess.Write(_file, Buffer[..now], _end);
        Buffer[now.._length].CopyTo(Buffer);
        _end += now;
        _length -= now;
        BeginFrame();
    }

    public void Flush()
    {
        if (_kind == BareFileKind.Direct && _length > FrameHeaderBytes)
        {
            RandomAccess.Write(_file, Buffer[..((_length + Block - 1) & ~(Block - 1))], _end);
        }

        RandomAccess.FlushToDisk(_file);
    }

    public void Dispose()
    {
        _file.Dispose();
        NativeMemory.AlignedFree(_buffer);
    }

    private void BeginFrame()
    {
        _frameStart = _length;
        Buffer.Slice(_length, FrameHeaderBytes).Clear();
        _length += FrameHeaderBytes;
    }

    // A part as large as a segment of the log at a time, and durable, as a log must have it.
    private void PrepareAhead()
    {
        if (_kind != BareFileKind.Growing && _end + Room > _prepared)
        {
            _prepared += PreparedBytes;
            Native.Prepare(_file, _prepared);
            RandomAccess.FlushToDisk(_file);
        }
    }
}
