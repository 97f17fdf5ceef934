using System.Buffers;
using System.Globalization;
using System.Text;
using DataIntensive.Internal;

namespace DataIntensive.Idempotency;

// What a database keeps of a run or of a step, with its result as its codec wrote it.
internal sealed class StoredResult(StoredResultKind kind, string codec, byte version, byte[] bytes) : KeyEntry
{
    private const int KeptScratchBytes = 64 * 1024;
    private const string FailureCodec = "failure";

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    public StoredResultKind Kind => kind;

    public string Codec => codec;

    public byte Version => version;

    public byte[] Bytes => bytes;

    // Where its record stands in the log; set before the entry can be found.
    public LogPosition Position { get; set; }

    // The run that it is the end of; 0 of a transaction.
    public long FencingToken { get; set; }

    public override bool IsKept => true;

    public override string Form => NameOf(codec, version);

    public override DefiniteFailure? Failure => kind == StoredResultKind.Failure ? DecodeFailure() : null;

    // Fails when the codec does, or when the result is too large.
    public static StoredResult Encode<T>(T result, ICodec<T> codec, int maxBytes)
    {
        if (result is null)
        {
            return new StoredResult(StoredResultKind.Null, codec.Name, codec.Version, []);
        }

        // Taken, not borrowed: a codec may come back here.
        ArrayBufferWriter<byte> scratch = _scratch ?? new ArrayBufferWriter<byte>();
        _scratch = null;
        scratch.ResetWrittenCount();
        codec.Write(result, scratch);
        if (scratch.WrittenCount > maxBytes)
        {
            throw new ArgumentException($"The result takes {scratch.WrittenCount} bytes; {maxBytes} are allowed.", nameof(result));
        }

        StoredResult encoded = new(StoredResultKind.Value, codec.Name, codec.Version, scratch.WrittenSpan.ToArray());
        if (scratch.Capacity <= KeptScratchBytes)
        {
            _scratch = scratch;
        }

        return encoded;
    }

    public static StoredResult EncodeOrDrop<T>(T result, ICodec<T> codec, int maxBytes)
    {
        try
        {
            return Encode(result, codec, maxBytes);
        }
        catch (Exception)
        {
            return new StoredResult(StoredResultKind.NotKept, codec.Name, codec.Version, []);
        }
    }

    // Without its data, and with its message cut, when it is too long; the name always.
    public static StoredResult OfFailure(DefiniteFailure failure, int maxBytes)
    {
        string message = failure.Message;
        string? data = failure.Data;
        if (Encoding.UTF8.GetByteCount(message) + (long)Encoding.UTF8.GetByteCount(data ?? "") > maxBytes)
        {
            data = null;
            message = message[..Math.Min(message.Length, maxBytes / 4)];
        }

        ArrayBufferWriter<byte> buffer = new();
        buffer.WriteString(failure.Name);
        buffer.WriteString(message);
        buffer.WriteByte(data is null ? (byte)0 : (byte)1);
        buffer.WriteString(data ?? "");
        return new StoredResult(StoredResultKind.Failure, FailureCodec, 1, buffer.WrittenSpan.ToArray());
    }

    public StoredResult WithoutResult() =>
        new(StoredResultKind.NotKept, codec, version, []) { Fingerprint = Fingerprint, FencingToken = FencingToken };

    public T Decode<T>(IdempotencyKey key, ICodec<T> asked)
    {
        if (kind == StoredResultKind.NotKept)
        {
            throw Unavailable(key, asked, "it was not kept, being too large or not writable.");
        }

        if (codec != asked.Name)
        {
            throw Unavailable(key, asked, "it was kept by another codec.");
        }

        if (version > asked.Version)
        {
            throw Unavailable(key, asked, "it was kept by a newer version of its codec.");
        }

        if (kind == StoredResultKind.Null)
        {
            // Under the same name a value type may have become of what could be null.
            return default(T) is null ? default! : throw Unavailable(key, asked, "it is null.");
        }

        try
        {
            return asked.Read(bytes, version);
        }
        catch (Exception failure)
        {
            throw Unavailable(key, asked, "its codec could not read it.", failure);
        }
    }

    private static string NameOf(string codec, byte version) => string.Create(CultureInfo.InvariantCulture, $"{codec} version {version}");

    private DefiniteFailure DecodeFailure()
    {
        SpanReader reader = new(bytes);
        string name = reader.ReadString();
        string message = reader.ReadString();
        return new DefiniteFailure(name, message, reader.ReadByte() == 0 ? null : reader.ReadString());
    }

    private IdempotentResultUnavailableException Unavailable<T>(IdempotencyKey key, ICodec<T> asked, string reason, Exception? cause = null) =>
        new(key, Form, NameOf(asked.Name, asked.Version), reason, cause);
}
