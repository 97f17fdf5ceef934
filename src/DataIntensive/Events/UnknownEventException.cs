namespace DataIntensive;

/// <summary>
/// A stored event has a name that the event map does not know, or a newer version than it knows. Map it, or use the newer program; the
/// event is kept as it is.
/// </summary>
public sealed class UnknownEventException : DataIntensiveException
{
    internal UnknownEventException(StreamId stream, EventPosition position, string name, byte schemaVersion, byte knownVersion)
        : base(knownVersion == 0
            ? $"The event at position {position} in stream '{stream}' is named '{name}', which is not mapped."
            : $"The event at position {position} in stream '{stream}' is '{name}' of version {schemaVersion}; the newest that is mapped is {knownVersion}.")
    {
        Stream = stream;
        Position = position;
        Name = name;
        SchemaVersion = schemaVersion;
    }

    /// <summary>The stream it is in.</summary>
    public StreamId Stream { get; }

    /// <summary>Its place among all events.</summary>
    public EventPosition Position { get; }

    /// <summary>The stored name.</summary>
    public string Name { get; }

    /// <summary>The stored version of its form.</summary>
    public byte SchemaVersion { get; }
}
