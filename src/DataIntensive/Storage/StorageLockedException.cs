namespace DataIntensive;

/// <summary>The folder is in use by another writer. Close that one, or open the folder for reading only.</summary>
public sealed class StorageLockedException : DataIntensiveException
{
    /// <summary>Says that the folder is in use: for implementations of <see cref="IStorage"/>.</summary>
    /// <param name="location">The folder.</param>
    /// <param name="owner">Who holds it, as far as it is known.</param>
    public StorageLockedException(string location, string owner)
        : base($"'{location}' is locked by another writer ({owner}). One process writes a folder; close that one first.")
    {
        Location = location;
        Owner = owner;
    }

    /// <summary>The folder.</summary>
    public string Location { get; }

    /// <summary>Who holds it, as far as it is known: for example <c>process 4711</c>.</summary>
    public string Owner { get; }
}
