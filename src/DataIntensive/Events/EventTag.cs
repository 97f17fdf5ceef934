using System.Text;

namespace DataIntensive;

/// <summary>
/// A label of an event by which it is found, for example <c>course:c1</c>. Compared ordinally, letter by letter. The default value is no
/// tag, and every call that is given it refuses.
/// </summary>
public readonly record struct EventTag
{
    /// <summary>The most bytes a tag takes in UTF-8: 256.</summary>
    public const int MaxBytes = 256;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _value;

    /// <summary>Makes a tag.</summary>
    /// <param name="value">1 to 256 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">It is empty, too long, or holds half a surrogate pair.</exception>
    public EventTag(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        if (Strict.GetByteCount(value) > MaxBytes)
        {
            throw new ArgumentException($"The tag '{value}' takes more than {MaxBytes} bytes.", nameof(value));
        }

        _value = value;
    }

    /// <summary>Makes the tag <c>key:value</c>. An event may have several values of one key.</summary>
    /// <exception cref="ArgumentException">One of them is empty, or both are too long together.</exception>
    public EventTag(string key, string value)
        : this($"{NotEmpty(key)}:{NotEmpty(value)}")
    {
    }

    // What was stored was checked when it was written.
    private EventTag(string value, bool _) => _value = value;

    /// <summary>The tag as text.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no tag.</exception>
    public string Value => _value ?? throw new InvalidOperationException("This is the default tag, which is none.");

    internal bool IsDefault => _value is null;

    /// <summary>Makes a tag of text.</summary>
    /// <exception cref="ArgumentException">It is empty, too long, or holds half a surrogate pair.</exception>
    public static implicit operator EventTag(string value) => new(value);

    /// <summary>Returns the tag; empty for the default.</summary>
    public override string ToString() => _value ?? "";

    internal static EventTag Stored(string value) => new(value, true);

    private static string NotEmpty(string part)
    {
        ArgumentException.ThrowIfNullOrEmpty(part);
        return part;
    }
}
