namespace DataIntensive.Testing;

/// <summary>What one step of a transaction does.</summary>
public enum MicroOperationKind
{
    /// <summary>Reads, and nobody knows what came back. The default.</summary>
    UnknownRead,

    /// <summary>Appends an element to the list of a key.</summary>
    Append,

    /// <summary>Reads the whole list of a key.</summary>
    ReadList,

    /// <summary>Writes the value of a key.</summary>
    Write,

    /// <summary>Reads the value of a key.</summary>
    ReadValue,
}
