using DataIntensive.Changes;

namespace DataIntensive;

/// <summary>Tables whose changes a database records, and the changes of a database.</summary>
public static class ChangeSchemaExtensions
{
    /// <summary>Declares a table whose changes are recorded.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TRow">The type of the rows.</typeparam>
    /// <param name="schema">The schema.</param>
    /// <param name="name">The table's name, for good.</param>
    /// <param name="rows">How rows are stored; null for a type of <see cref="Codecs"/>.</param>
    /// <param name="keys">How keys are stored; null for a type of <see cref="Codecs"/>.</param>
    /// <exception cref="ArgumentException">The name is declared already, or a type has no codec of its own.</exception>
    public static DatabaseSchema AddTable<TKey, TRow>(this DatabaseSchema schema, string name, ICodec<TRow>? rows = null, ICodec<TKey>? keys = null)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(schema);
        rows ??= Codecs.Default<TRow>();
        keys ??= Codecs.Default<TKey>();
        return schema.Add(TableState.TableKind, name, database => new TableState<TKey, TRow>(database, name, keys, rows));
    }

    /// <summary>Gives the producer of a table that the schema declares.</summary>
    /// <exception cref="InvalidOperationException">It is not declared, or with other types.</exception>
    public static DatabaseChangeProducer<TKey, TRow> Changes<TKey, TRow>(this Database database, string table)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(database);
        return new DatabaseChangeProducer<TKey, TRow>(database.Get<TableState<TKey, TRow>>(TableState.TableKind, table));
    }

    /// <summary>Gives a producer's side of a transaction: the changes recorded through it and the transaction's other writes are one commit.</summary>
    /// <exception cref="InvalidOperationException">The producer belongs to no database.</exception>
    public static TableTransaction<TKey, TRow> In<TKey, TRow>(this IChangeProducer<TKey, TRow> producer, DatabaseTransaction transaction)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(producer);
        ArgumentNullException.ThrowIfNull(transaction);
        return producer is DatabaseChangeProducer<TKey, TRow> durable
            ? durable.Join(transaction)
            : throw new InvalidOperationException("The producer belongs to no database, so it has no part in a transaction.");
    }

    /// <summary>Gives the changes of all tables that the schema declares.</summary>
    public static IChangeSource ChangeSource(this Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        return new DatabaseChangeSource(database, database.States.OfType<TableState>().Select(state => state.Decoder));
    }

    /// <summary>
    /// Gives the writes of a store as changes of a table of the store's name, read from the records that the store has in the log anyway. A write
    /// is an <see cref="ChangeOperation.Upsert"/>, and the row before a change is not known.
    /// </summary>
    /// <remarks>A database in memory that declares no table drops its oldest records: a reader that wants them gets <see cref="LogHistoryGoneException"/>.</remarks>
    /// <exception cref="ArgumentException">The store belongs to another database.</exception>
    public static IChangeSource ChangesOf<TKey, TValue>(this Database database, DatabaseStore<TKey, TValue> store)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(store);
        return ReferenceEquals(store.Database, database)
            ? new DatabaseChangeSource(database, [store.ChangeDecoder()])
            : throw new ArgumentException($"The store '{store.Name}' belongs to another database.", nameof(store));
    }

    private static StoreChangeDecoder<TKey, TValue> ChangeDecoder<TKey, TValue>(this DatabaseStore<TKey, TValue> store)
        where TKey : notnull =>
        new(store.Database.Get<Stores.StoreState<TKey, TValue>>(Stores.StoreState<TKey, TValue>.StoreKind, store.Name));
}
