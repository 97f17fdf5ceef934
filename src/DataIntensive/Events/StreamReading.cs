namespace DataIntensive;

/// <summary>
/// What a stream holds, to be enumerated, with what the stream is like. Both are looked up together when either is first asked for, and
/// stay as they were then. Belongs to one caller at a time.
/// </summary>
public sealed class StreamReading : IAsyncEnumerable<RecordedEvent>
{
    private readonly Func<CancellationToken, ValueTask<(StreamInfo Info, IAsyncEnumerable<RecordedEvent> Events)>> _open;
    private (StreamInfo Info, IAsyncEnumerable<RecordedEvent> Events)? _opened;

    /// <summary>Makes one; for implementations of <see cref="IEventStore"/>.</summary>
    /// <param name="open">Looks the stream up; called once unless it fails.</param>
    public StreamReading(Func<CancellationToken, ValueTask<(StreamInfo Info, IAsyncEnumerable<RecordedEvent> Events)>> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        _open = open;
    }

    /// <summary>Returns what the stream is like: whether it exists, and its version.</summary>
    public async ValueTask<StreamInfo> GetInfoAsync(CancellationToken cancellationToken = default) =>
        (_opened ??= await _open(cancellationToken).ConfigureAwait(false)).Info;

    /// <inheritdoc />
    public IAsyncEnumerator<RecordedEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (_opened is null)
        {
            ValueTask<(StreamInfo, IAsyncEnumerable<RecordedEvent>)> opening = _open(cancellationToken);
            if (!opening.IsCompletedSuccessfully)
            {
                return OpenAndRead(opening, cancellationToken);
            }

            _opened = opening.Result;
        }

        return _opened.Value.Events.GetAsyncEnumerator(cancellationToken);
    }

    private async IAsyncEnumerator<RecordedEvent> OpenAndRead(ValueTask<(StreamInfo, IAsyncEnumerable<RecordedEvent>)> opening, CancellationToken cancellationToken)
    {
        _opened = await opening.ConfigureAwait(false);
        await foreach (RecordedEvent recorded in _opened.Value.Events.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return recorded;
        }
    }
}
