namespace DataIntensive;

/// <summary>What a reader does with an event whose name is not mapped, or whose version is newer than the mapped ones.</summary>
public enum UnknownEvents
{
    /// <summary>It fails there with <see cref="UnknownEventException"/>.</summary>
    Fail,

    /// <summary>It passes over the event.</summary>
    Skip,

    /// <summary>It gives the event with its stored bytes, as <see cref="RawEvent"/>.</summary>
    Raw,
}
