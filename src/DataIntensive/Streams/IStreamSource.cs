namespace DataIntensive;

/// <summary>A source of items that can be read again from a position: the input of an exactly-once run.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public interface IStreamSource<T>
{
    /// <summary>Gives the items behind a position, in order.</summary>
    /// <param name="after">The last position that is known; the default for all of them.</param>
    /// <param name="cancellationToken">Ends the reading: a wait must not outlast it.</param>
    /// <returns>
    /// The records, with strictly rising positions, and the same ones whenever it is read from the same place. It waits for more while
    /// there may be more; its end means that the input is complete.
    /// </returns>
    IAsyncEnumerable<StreamRecord<T>> ReadAsync(LogPosition after, CancellationToken cancellationToken);
}
