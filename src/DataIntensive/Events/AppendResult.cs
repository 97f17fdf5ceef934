namespace DataIntensive;

/// <summary>What an append did. A conflict is no exception, unless <see cref="OrThrow"/> makes it one.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Expected">What was expected of it.</param>
/// <param name="Succeeded">Whether the stream was as expected, and the events are appended. Nothing is written otherwise.</param>
/// <param name="Version">
/// The version of the stream: that of the last event appended, or the one that stood against the append. 0 where it is known only at the
/// commit: after an append with <see cref="ExpectedVersion.Any"/> or <see cref="ExpectedVersion.Exists"/> in a transaction over a snapshot.
/// </param>
/// <param name="Position">
/// The event position of the last event appended; the default when none was, and in a transaction over a snapshot, where it is known
/// only at the commit.
/// </param>
public readonly record struct AppendResult(StreamId Stream, ExpectedVersion Expected, bool Succeeded, long Version, EventPosition Position)
{
    /// <summary>Returns this result when the append succeeded.</summary>
    /// <exception cref="StreamConflictException">It did not.</exception>
    public AppendResult OrThrow() => Succeeded ? this : throw new StreamConflictException(Stream, Expected, Version);
}
