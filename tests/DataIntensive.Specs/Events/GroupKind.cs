namespace DataIntensive.Specs.Events;

/// <summary>How the events of a <see cref="GroupWorkload"/> are handled, always with effects in the database.</summary>
public enum GroupKind
{
    /// <summary>By one, many events in one commit.</summary>
    InOrder,

    /// <summary>By members whose handlers run in the sequencer.</summary>
    Sequencer,

    /// <summary>By members whose handlers wait, some longer than they may.</summary>
    Waiting,
}
