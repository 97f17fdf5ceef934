namespace DataIntensive;

/// <summary>
/// A stream that was loaded to be written: commands are decided on it one after the other, and what they lead to is appended as one, if the
/// stream is still as it was loaded. Belongs to one caller at a time.
/// </summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <typeparam name="TCommand">The type of the commands.</typeparam>
/// <typeparam name="TEvent">The common type of the events.</typeparam>
public sealed class DeciderHandle<TState, TCommand, TEvent>
    where TEvent : notnull
{
    private readonly DeciderRepository<TState, TCommand, TEvent> _repository;
    private readonly List<TEvent> _pending = [];
    private long _savedVersion;
    private StreamStatus _status;

    internal DeciderHandle(DeciderRepository<TState, TCommand, TEvent> repository, StreamId stream, FoldedStream<TState> loaded)
    {
        _repository = repository;
        _savedVersion = loaded.Version;
        _status = loaded.Status;
        Stream = stream;
        State = loaded.State;
        StartingVersion = loaded.Version;
    }

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }

    /// <summary>The version at which the stream was loaded; it stays as it is.</summary>
    public long StartingVersion { get; }

    /// <summary>The version that the stream has with what is pending.</summary>
    public long CurrentVersion => _savedVersion + _pending.Count;

    /// <summary>The state with what is pending.</summary>
    public TState State { get; private set; }

    /// <summary>The events that were decided on and not saved yet, in order.</summary>
    public IReadOnlyList<TEvent> Pending => _pending;

    /// <summary>Decides a command on <see cref="State"/>, and keeps what it leads to for saving.</summary>
    /// <param name="command">What is asked for.</param>
    /// <param name="cancellationToken">Stops the opening of a database that is opened by its first use.</param>
    /// <returns>The events that it leads to.</returns>
    /// <remarks>What the decider throws reaches the caller as it is, and nothing has changed then.</remarks>
    public async ValueTask<IReadOnlyList<TEvent>> DecideAsync(TCommand command, CancellationToken cancellationToken = default)
    {
        DatabaseEventStore? durable = await _repository.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        DeciderRepository<TState, TCommand, TEvent>.Decided decided = _repository.Decide(durable, Stream, CurrentVersion, State, command);
        _pending.AddRange(decided.Events);
        State = decided.State;
        return decided.Events;
    }

    /// <summary>Appends what is pending, if the stream is still as it was loaded, or as this handle saved it last.</summary>
    /// <param name="metadata">What is stored beside the events; null for nothing but the current span.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>
    /// Whether it was appended. It is never tried again: after a conflict, open the stream anew. With nothing pending, nothing is checked or
    /// written.
    /// </returns>
    public async ValueTask<AppendResult> SaveAsync(EventMetadata? metadata = null, CancellationToken cancellationToken = default)
    {
        if (_pending.Count == 0)
        {
            return new AppendResult { Version = _savedVersion };
        }

        EventBatch batch = new EventBatch { Metadata = metadata }
            .Append(Stream, DeciderRepository<TState, TCommand, TEvent>.ExpectationOf(_savedVersion, _status), _pending.Cast<object>());
        AppendResult result = await _repository.AppendAsync(batch, cancellationToken).ConfigureAwait(false);
        if (result.Succeeded)
        {
            _savedVersion = result.Version;
            _status = StreamStatus.Live;
            _pending.Clear();
        }

        return result;
    }
}
