namespace DataIntensive.Testing;

/// <summary>
/// The four session guarantees of Terry et al. (1994). A value is older than another when its write causally precedes the other's;
/// nothing is older than everything.
/// </summary>
public enum SessionGuarantee
{
    /// <summary>A session reads what it wrote, or something that is not older.</summary>
    ReadYourWrites,

    /// <summary>A session does not read something older than what it read before.</summary>
    MonotonicReads,

    /// <summary>Who sees a write of a session does not read something older than what that session wrote before it.</summary>
    MonotonicWrites,

    /// <summary>Who sees a write of a session does not read something older than what that session had read before it.</summary>
    WritesFollowReads,
}
