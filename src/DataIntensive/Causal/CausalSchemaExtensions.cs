using DataIntensive.Causal;

namespace DataIntensive;

/// <summary>Causal stores in a database.</summary>
public static class CausalSchemaExtensions
{
    /// <summary>Declares a replica of a causal store.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="schema">The schema.</param>
    /// <param name="name">The store's name, for good.</param>
    /// <param name="replica">
    /// The replica's id, for good: used by no other replica. A database that was written by another one is refused at opening with
    /// <see cref="SchemaMismatchException"/>.
    /// </param>
    /// <param name="values">How values are stored; null for a type of <see cref="Codecs"/>.</param>
    /// <param name="keys">How keys are stored; null for a type of <see cref="Codecs"/>.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <exception cref="ArgumentException">The name is declared already, the id is the default, or a type has no codec of its own.</exception>
    public static DatabaseSchema AddCausalStore<TKey, TValue>(
        this DatabaseSchema schema,
        string name,
        ReplicaId replica,
        ICodec<TValue>? values = null,
        ICodec<TKey>? keys = null,
        CausalStoreOptions? options = null)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(schema);
        replica.ThrowIfDefault(nameof(replica));
        values ??= Codecs.Default<TValue>();
        keys ??= Codecs.Default<TKey>();
        options ??= new CausalStoreOptions();
        return schema.Add(
            CausalState<TKey, TValue>.CausalKind,
            name,
            database => new CausalState<TKey, TValue>(database, name, replica, keys, values, options));
    }

    /// <summary>Gives a replica that the schema declares.</summary>
    /// <exception cref="InvalidOperationException">It is not declared, or with other types.</exception>
    public static DatabaseCausalStore<TKey, TValue> CausalStore<TKey, TValue>(this Database database, string name)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(database);
        return new DatabaseCausalStore<TKey, TValue>(database.Get<CausalState<TKey, TValue>>(CausalState<TKey, TValue>.CausalKind, name));
    }
}
