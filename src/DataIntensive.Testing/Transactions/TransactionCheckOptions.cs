namespace DataIntensive.Testing;

/// <summary>How <see cref="TransactionChecker"/> works.</summary>
public sealed class TransactionCheckOptions : CheckOptions
{
    /// <summary>Takes the defaults.</summary>
    public TransactionCheckOptions()
        : base(TimeSpan.FromMinutes(10))
    {
    }

    /// <summary>How many anomalies of one name are reported in full. Default 8; 1 to 1,000. The verdict does not depend on it.</summary>
    public int MaxAnomaliesPerName
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000);
            field = value;
        }
    } = 8;

    /// <summary>
    /// How many edges are followed in search of the shortest cycle in one knot of transactions. Past it the shortest found until then
    /// is shown. Default 20,000,000; 1,000 to 10,000,000,000.
    /// </summary>
    public long MaxSearchSteps
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1_000);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10_000_000_000);
            field = value;
        }
    } = 20_000_000;

    /// <summary>
    /// Whether each register by itself is known to be linearizable, whatever the level: versions then follow each other in real time,
    /// and more can be inferred. Levels that keep real time imply it. Default false. Of no use for lists.
    /// </summary>
    public bool KeysAreLinearizable { get; init; }

    /// <summary>
    /// Whether each process is known to see the versions of each register in their order, whatever the level. Levels that keep the
    /// order of processes imply it. Default false. Of no use for lists.
    /// </summary>
    public bool KeysAreSequential { get; init; }
}
