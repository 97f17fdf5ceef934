namespace DataIntensive;

/// <summary>
/// An entity that is rebuilt from its events and raises new ones. Derive from it, keep state in fields, and change them in
/// <see cref="When"/> only. Loaded and saved by an <see cref="AggregateRepository{TAggregate}"/>.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> It holds what the events of its own stream make of it, and what it raised since.</para>
/// <para><b>Order.</b> Stored events are applied in the order of their versions, raised ones behind them.</para>
/// <para><b>After a crash.</b> What was saved is there; what was raised and not saved is gone.</para>
/// <para><b>Thread safety.</b> Belongs to one caller at a time.</para>
/// <para><b>Cost.</b> Loading reads and applies every event of the stream, or those behind a snapshot.</para>
/// <para><b>Not guaranteed.</b> That it is the newest state: whether another has saved meanwhile shows when it is saved.</para>
/// </remarks>
public abstract class Aggregate
{
    private readonly List<object> _pending = [];

    /// <summary>The stream it lives in; the default before it is loaded.</summary>
    public StreamId Id { get; private set; }

    /// <summary>The version of its stream that it was loaded at or saved as; 0 when that was never written.</summary>
    public long Version { get; private set; }

    /// <summary>The events that were raised and not saved yet.</summary>
    public IReadOnlyList<object> Pending => _pending;

    internal StreamStatus Status { get; private set; }

    /// <summary>Applies a new event, and keeps it for saving. When <see cref="When"/> throws, it is not kept.</summary>
    protected void Raise(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        When(@event);
        _pending.Add(@event);
    }

    /// <summary>Changes the state by an event: one just raised, or a stored one. Refuses nothing: what has happened has happened.</summary>
    protected abstract void When(object @event);

    internal void Apply(object @event) => When(@event);

    internal void Loaded(StreamId id, StreamInfo info)
    {
        Id = id;
        Version = info.Version;
        Status = info.Status;
    }

    internal void Saved(long version)
    {
        _pending.Clear();
        Version = version;
        Status = StreamStatus.Live;
    }
}
