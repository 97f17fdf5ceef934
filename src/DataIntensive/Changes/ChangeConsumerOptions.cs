namespace DataIntensive;

/// <summary>How a <see cref="ChangeConsumer"/> works. Every value may differ from the one of an earlier run.</summary>
public sealed class ChangeConsumerOptions
{
    /// <summary>What to do about tables without a handler. Default <see cref="UnhandledTables.Ignore"/>.</summary>
    public UnhandledTables UnhandledTables
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(Enum.IsDefined(value), true, nameof(value));
            field = value;
        }
    } = UnhandledTables.Ignore;

    /// <summary>
    /// How many positions of others a consumer passes before it saves its checkpoint without progress of its own, so that a restart does not
    /// read them again. Default 10,000; from 1.
    /// </summary>
    public long ForeignPositionsPerCheckpoint
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 10_000;

    /// <summary>
    /// Default <see cref="Durability.Disk"/>: fsynced changes only. <see cref="Durability.Os"/> hands out every acknowledged one: safe
    /// where the effects are in the same database, whose log loses them together.
    /// </summary>
    public Durability UpTo { get; init; } = Durability.Disk;
}
