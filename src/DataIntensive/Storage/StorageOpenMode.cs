namespace DataIntensive.Storage;

/// <summary>How <see cref="IStorage.Open"/> opens a file.</summary>
public enum StorageOpenMode
{
    /// <summary>The file must exist; it is only read.</summary>
    Read,

    /// <summary>The file must exist; it is read and written.</summary>
    Write,

    /// <summary>The file must not exist; it is created, then read and written.</summary>
    CreateNew,
}
