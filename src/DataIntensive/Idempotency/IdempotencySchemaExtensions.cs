using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>Idempotency in a database.</summary>
public static class IdempotencySchemaExtensions
{
    private const string DefaultName = "idempotency";

    /// <summary>Declares an idempotency processor.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="name">Its name, for good.</param>
    /// <exception cref="ArgumentException">The name is declared already.</exception>
    public static DatabaseSchema AddIdempotency(this DatabaseSchema schema, IdempotencyOptions? options = null, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(schema);
        options ??= new IdempotencyOptions();
        return schema.Add(IdempotencyState.StateKind, name, database => new IdempotencyState(database, name, options));
    }

    /// <summary>Gives an idempotency processor that the schema declares.</summary>
    /// <exception cref="InvalidOperationException">It is not declared.</exception>
    public static DatabaseIdempotencyProcessor Idempotency(this Database database, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(database);
        return new DatabaseIdempotencyProcessor(database.Get<IdempotencyState>(IdempotencyState.StateKind, name));
    }
}
