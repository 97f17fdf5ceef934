namespace DataIntensive.Testing;

/// <summary>One promise of <see cref="IIdempotencyProcessor"/>, and the scene that tries it.</summary>
public sealed class IdempotencyCase
{
    private readonly Func<IdempotencyScene, Task> _play;

    internal IdempotencyCase(string name, Func<IdempotencyScene, Task> play, bool needsCrash = false)
    {
        Name = name;
        NeedsCrash = needsCrash;
        _play = play;
    }

    /// <summary>The promise, as a sentence.</summary>
    public string Name { get; }

    /// <summary>Whether it is about crashes, and needs a target that survives them.</summary>
    public bool NeedsCrash { get; }

    /// <summary>Tries it on a target.</summary>
    /// <param name="target">Gives the processor.</param>
    /// <param name="patience">How long it may take; null for 1 minute. Above 0.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="IdempotencyContractException">The promise is broken, or there was no answer in that time.</exception>
    /// <exception cref="NotSupportedException">It needs a crash, and the target does not survive one.</exception>
    public async Task RunAsync(IdempotencyTarget target, TimeSpan? patience = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        TimeSpan time = patience ?? TimeSpan.FromMinutes(1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(patience));
        if (NeedsCrash && !target.SurvivesCrashes)
        {
            throw new NotSupportedException("The target does not survive a crash.");
        }

        try
        {
            await _play(new IdempotencyScene(target, cancellationToken)).WaitAsync(time, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new IdempotencyContractException($"There was no end within {time}.");
        }
    }

    /// <summary>Returns the name.</summary>
    public override string ToString() => Name;
}
