using DataIntensive.Stores;

namespace DataIntensive;

/// <summary>Fold snapshots in a database.</summary>
public static class FoldSnapshotSchemaExtensions
{
    /// <summary>Declares fold snapshots; nothing happens when they are declared already.</summary>
    public static DatabaseSchema AddFoldSnapshots(this DatabaseSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return schema.Has(StoreState<string, byte[]>.StoreKind, DatabaseFoldSnapshotStore.StoreName)
            ? schema
            : schema.AddStore<string, byte[]>(DatabaseFoldSnapshotStore.StoreName, options: new StoreOptions<string> { KeyOrder = StringComparer.Ordinal });
    }

    /// <summary>Gives the fold snapshots that the schema declares.</summary>
    /// <exception cref="InvalidOperationException">They are not declared.</exception>
    public static DatabaseFoldSnapshotStore FoldSnapshots(this Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.Has(StoreState<string, byte[]>.StoreKind, DatabaseFoldSnapshotStore.StoreName)
            ? new DatabaseFoldSnapshotStore(database)
            : throw new InvalidOperationException($"The schema declares no fold snapshots. Add them with {nameof(AddFoldSnapshots)}().");
    }
}
