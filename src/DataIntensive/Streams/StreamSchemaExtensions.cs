namespace DataIntensive;

/// <summary>The states of data streams in a database.</summary>
public static class StreamSchemaExtensions
{
    // Names that begin with $ are the library's own.
    internal const string StoreName = "$streams";

    /// <summary>Declares where exactly-once runs keep their state; nothing happens when it is declared already.</summary>
    public static DatabaseSchema AddStreams(this DatabaseSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return schema.Has("store", StoreName) ? schema : schema.AddStore<string, byte[]>(StoreName);
    }
}
