using System.Globalization;

namespace DataIntensive;

/// <summary>What a stream must be like for an append to happen. The default value is <see cref="Any"/>.</summary>
public readonly record struct ExpectedVersion
{
    private readonly Kind _kind;
    private readonly long _version;

    private ExpectedVersion(Kind kind, long version = 0)
    {
        _kind = kind;
        _version = version;
    }

    private enum Kind : byte
    {
        Any,
        None,
        Exists,
        Exactly,
    }

    /// <summary>Whatever the stream is like; the same as <c>default</c>.</summary>
    public static ExpectedVersion Any => default;

    /// <summary>The stream has no events.</summary>
    public static ExpectedVersion None => new(Kind.None);

    /// <summary>The stream has at least one event.</summary>
    public static ExpectedVersion Exists => new(Kind.Exists);

    internal bool NeedsStream => _kind is Kind.Exists;

    // Whether it says which version the stream is at, so that an append resting on it has to be the next one to the stream.
    internal bool FixesVersion => _kind is Kind.None or Kind.Exactly;

    /// <summary>The stream is at this version: nobody has appended since it was read.</summary>
    /// <param name="version">The version, from 0; 0 for a stream without events.</param>
    public static ExpectedVersion Exactly(long version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new ExpectedVersion(Kind.Exactly, version);
    }

    /// <summary>Whether a stream at this version is as expected, if it is not deleted.</summary>
    /// <param name="version">The version of a stream; 0 when it has no events.</param>
    public bool Matches(long version) => _kind switch
    {
        Kind.None => version == 0,
        Kind.Exists => version > 0,
        Kind.Exactly => version == _version,
        _ => true,
    };

    // A deleted stream is none, though its versions go on. A tombstone and an archive stand against everything that writes; an archived
    // stream is neither there nor none.
    internal bool Holds(long version, StreamStatus status, bool writes) => status switch
    {
        StreamStatus.Tombstoned => !writes && _kind is (Kind.Any or Kind.None),
        StreamStatus.Deleted => _kind is Kind.Any or Kind.None,
        StreamStatus.Archived => !writes && (_kind is Kind.Any || (_kind is Kind.Exactly && _version == version)),
        _ => Matches(version),
    };

    // Whether an append that was stored behind a version can have expected this, or expects what is true now.
    internal bool HeldBefore(long version, long current, bool wasNone) => _kind switch
    {
        Kind.None => version == 0 || wasNone,
        Kind.Exactly => _version == version || _version == current,
        _ => true,
    };

    /// <summary>Returns <c>any</c>, <c>none</c>, <c>exists</c> or the version in plain digits.</summary>
    public override string ToString() => _kind switch
    {
        Kind.None => "none",
        Kind.Exists => "exists",
        Kind.Exactly => _version.ToString(CultureInfo.InvariantCulture),
        _ => "any",
    };
}
