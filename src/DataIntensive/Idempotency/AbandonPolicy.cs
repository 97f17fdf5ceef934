namespace DataIntensive;

/// <summary>What becomes of an operation when the last caller that waited for it has gone.</summary>
public enum AbandonPolicy
{
    /// <summary>Its token is cancelled. If it succeeds nevertheless, its result is kept.</summary>
    Cancel,

    /// <summary>It goes on, and its result is kept for those who come later.</summary>
    Finish,
}
