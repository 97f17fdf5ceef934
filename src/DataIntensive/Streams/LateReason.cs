namespace DataIntensive;

/// <summary>Why an event is in no window.</summary>
public enum LateReason
{
    /// <summary>Its window had closed: the window's end was not above the watermark that the events before it had left.</summary>
    Late,

    /// <summary>The key selector gave null.</summary>
    NoKey,
}
