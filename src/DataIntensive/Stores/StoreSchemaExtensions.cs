using DataIntensive.Stores;
using DataIntensive.Transactions;

namespace DataIntensive;

/// <summary>Linearizable stores in a database.</summary>
public static class StoreSchemaExtensions
{
    /// <summary>Declares a linearizable store.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="schema">The schema.</param>
    /// <param name="name">The store's name, for good.</param>
    /// <param name="values">How values are stored; null for a type of <see cref="Codecs"/>.</param>
    /// <param name="keys">How keys are stored; null for a type of <see cref="Codecs"/>.</param>
    /// <param name="options">How the store works; null for the defaults.</param>
    /// <exception cref="ArgumentException">The name is declared already, or a type has no codec of its own.</exception>
    public static DatabaseSchema AddStore<TKey, TValue>(this DatabaseSchema schema, string name, ICodec<TValue>? values = null, ICodec<TKey>? keys = null, StoreOptions<TKey>? options = null)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(schema);
        return schema.AddStoreOf(name, values ?? Codecs.Default<TValue>(), keys ?? Codecs.Default<TKey>(), mayUseReserve: false, options);
    }

    /// <summary>Gives a store that the schema declares.</summary>
    /// <exception cref="InvalidOperationException">It is not declared, or with other types.</exception>
    public static DatabaseStore<TKey, TValue> Store<TKey, TValue>(this Database database, string name)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(database);
        return new DatabaseStore<TKey, TValue>(database.Get<StoreState<TKey, TValue>>(StoreState<TKey, TValue>.StoreKind, name));
    }

    internal static DatabaseSchema AddStoreOf<TKey, TValue>(this DatabaseSchema schema, string name, ICodec<TValue> values, ICodec<TKey> keys, bool mayUseReserve, StoreOptions<TKey>? options = null, Func<TKey, TValue?, LogHolder>? holderOf = null)
        where TKey : notnull =>
        schema.Add(
            StoreState<TKey, TValue>.StoreKind,
            name,
            database => new StoreState<TKey, TValue>(database, name, keys, values) { MayUseReserve = mayUseReserve, HolderOf = holderOf, Options = options ?? new StoreOptions<TKey>() });
}
