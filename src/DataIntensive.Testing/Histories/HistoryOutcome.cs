namespace DataIntensive.Testing;

/// <summary>How an operation of a <see cref="History"/> ended.</summary>
public enum HistoryOutcome
{
    /// <summary>It returned: it took effect once, between its call and its return.</summary>
    Returned,

    /// <summary>Nobody knows: it takes effect once at any time after its call, or never.</summary>
    Unknown,
}
