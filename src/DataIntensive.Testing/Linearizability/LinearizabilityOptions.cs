namespace DataIntensive.Testing;

/// <summary>How long and how large a check may grow. Past a bound the verdict is <see cref="CheckVerdict.Unknown"/>.</summary>
public sealed class LinearizabilityOptions : CheckOptions
{
    private const long LeastMemory = 1024 * 1024;

    /// <summary>Takes the defaults. When a violation was found, up to 10 seconds beyond the timeout are spent on making it small.</summary>
    public LinearizabilityOptions()
        : base(TimeSpan.FromMinutes(1))
    {
    }

    /// <summary>
    /// About how much memory the search may take, in bytes: the configurations that it remembers and the states of the model, without the
    /// history itself. Default 512 MiB; from 1 MiB.
    /// </summary>
    public long MaxMemoryBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, LeastMemory);
            field = value;
        }
    } = 512L * 1024 * 1024;
}
