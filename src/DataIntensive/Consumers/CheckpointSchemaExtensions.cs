using DataIntensive.Consumers;
using DataIntensive.Transactions;

namespace DataIntensive;

/// <summary>Checkpoints in a database.</summary>
public static class CheckpointSchemaExtensions
{
    /// <summary>Declares checkpoints, and with them dead letters; nothing happens when they are declared already.</summary>
    public static DatabaseSchema AddCheckpoints(this DatabaseSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return schema.Has("store", DatabaseCheckpointStore.StoreName)
            ? schema
            : schema
                .AddStoreOf(DatabaseCheckpointStore.StoreName, Codecs.Default<long>(), Codecs.Default<string>(), mayUseReserve: true, holderOf: static (consumer, position) => new LogHolder($"the consumer '{consumer}'", new LogPosition(position)))
                .AddStoreOf<ConsumerPlace, DeadLetter?>(DatabaseConsumerMarks.StoreName, new ConsumerMarkCodec(), new ConsumerPlaceCodec(), mayUseReserve: true, new StoreOptions<ConsumerPlace> { KeyOrder = ConsumerPlace.Order });
    }

    /// <summary>Gives the checkpoints that the schema declares.</summary>
    /// <exception cref="InvalidOperationException">They are not declared.</exception>
    public static DatabaseCheckpointStore Checkpoints(this Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        if (!database.Has("store", DatabaseCheckpointStore.StoreName))
        {
            throw new InvalidOperationException($"The schema declares no checkpoints. Add them with {nameof(AddCheckpoints)}().");
        }

        return new DatabaseCheckpointStore(database);
    }
}
