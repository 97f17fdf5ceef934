namespace DataIntensive;

/// <summary>A stored name was declared with another type or codec than it was written with. Nothing was changed.</summary>
public sealed class SchemaMismatchException : DataIntensiveException
{
    internal SchemaMismatchException(string owner, string stored, string declared)
        : base($"The {owner} was written as {stored} and is declared as {declared}. Declare it as it was, or under another name.")
    {
        Owner = owner;
        Stored = stored;
        Declared = declared;
    }

    /// <summary>The name, with its kind.</summary>
    public string Owner { get; }

    /// <summary>The type that the log was written with.</summary>
    public string Stored { get; }

    /// <summary>The type that was declared now.</summary>
    public string Declared { get; }
}
