namespace DataIntensive.Consumers;

// A position of a consumer's source.
internal readonly record struct ConsumerPlace(string Consumer, LogPosition Position)
{
    // By consumer, then by position.
    public static IComparer<ConsumerPlace> Order { get; } = Comparer<ConsumerPlace>.Create(static (left, right) =>
        string.CompareOrdinal(left.Consumer, right.Consumer) is not 0 and var byConsumer ? byConsumer : left.Position.CompareTo(right.Position));

    public static KeyRange<ConsumerPlace> AllOf(string consumer) =>
        KeyRange.Between(new ConsumerPlace(consumer, default), new ConsumerPlace(consumer, new LogPosition(long.MaxValue)));
}
