namespace DataIntensive;

/// <summary>What a subscription is doing.</summary>
public enum SubscriptionStatus
{
    /// <summary>It does not run: not yet, not any more, or because it failed.</summary>
    Stopped,

    /// <summary>It handles history, or has fallen behind.</summary>
    CatchingUp,

    /// <summary>It has handled all there is, or nearly so.</summary>
    Live,
}
