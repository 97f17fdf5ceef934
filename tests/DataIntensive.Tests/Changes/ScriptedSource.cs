using System.Runtime.CompilerServices;

namespace DataIntensive.Tests.Changes;

/// <summary>Delivers what it is told to, also twice.</summary>
internal sealed class ScriptedSource(params ChangeTransaction[] transactions) : IChangeSource
{
    public Func<ValueTask> BeforeReading { get; init; } = () => ValueTask.CompletedTask;

    public IReadOnlyCollection<ChangeTable> Tables { get; } = [new("products", typeof(string), typeof(int))];

    public LogPosition End { get; } = transactions.Max(transaction => transaction.Position);

    public static ChangeTransaction Transaction(long position, params int[] indexes) => new(
        new LogPosition(position),
        DateTimeOffset.UnixEpoch,
        [.. indexes.Select((index, i) => new ChangeEvent<string, int>
        {
            Table = "products",
            Operation = ChangeOperation.Insert,
            Key = $"{position}.{index}",
            After = index,
            Position = new ChangePosition(new LogPosition(position), index),
            Timestamp = DateTimeOffset.UnixEpoch,
            IsLastInTransaction = i == indexes.Length - 1,
        })]);

    public async IAsyncEnumerable<ChangeTransaction> ReadAsync(LogPosition after, ChangeReadOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await BeforeReading();
        foreach (ChangeTransaction transaction in transactions)
        {
            yield return transaction;
        }
    }
}
