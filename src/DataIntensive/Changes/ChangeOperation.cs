namespace DataIntensive;

/// <summary>What a change did to a row.</summary>
public enum ChangeOperation
{
    /// <summary>The row came into being.</summary>
    Insert = 1,

    /// <summary>The row was replaced.</summary>
    Update = 2,

    /// <summary>The row is gone.</summary>
    Delete = 3,

    /// <summary>The row was set, and whether it was there before is not known: what a key-value store says of a write.</summary>
    Upsert = 4,
}
