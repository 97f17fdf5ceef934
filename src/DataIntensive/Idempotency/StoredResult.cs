using System.Buffers;
using System.Globalization;

namespace DataIntensive.Idempotency;

// A completed key of a database, with its result as its codec wrote it.
internal sealed class StoredResult(StoredResultKind kind, string codec, byte version, byte[] bytes) : CompletedKey
{
    private const int KeptScratchBytes = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    public StoredResultKind Kind => kind;

    public string Codec => codec;

    public byte Version => version;

    public byte[] Bytes => bytes;

    // Where its record stands in the log; set before the entry can be found.
    public LogPosition Position { get; set; }

    public override string Form => NameOf(codec, version);

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

    public static StoredResult WithoutResult<T>(ICodec<T> codec) => new(StoredResultKind.NotKept, codec.Name, codec.Version, []);

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

    private IdempotentResultUnavailableException Unavailable<T>(IdempotencyKey key, ICodec<T> asked, string reason, Exception? cause = null) =>
        new(key, Form, NameOf(asked.Name, asked.Version), reason, cause);
}
