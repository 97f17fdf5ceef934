using System.Runtime.CompilerServices;
using DataIntensive.Events;
using DataIntensive.Logs;

namespace DataIntensive;

public sealed partial class DatabaseEventStore
{
    /// <inheritdoc />
    public StreamReading ReadStreamAsync(StreamId stream, EventReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        stream.ThrowIfDefault(nameof(stream));
        Database.ThrowIfDisposed();
        options ??= EventReadOptions.Default;
        return new StreamReading(token =>
        {
            token.ThrowIfCancellationRequested();
            cancellationToken.ThrowIfCancellationRequested();
            Database.ThrowIfDisposed();
            LogPosition visible = Database.Visible;
            StreamWindow window = StreamWindow.Of(_state, _state.Find(Tenant, stream), options, visible, PositionRange.Of(_state, visible, options));
            return new ValueTask<(StreamInfo, IAsyncEnumerable<RecordedEvent>)>((window.Info, ReadWindow(window, options, cancellationToken)));
        });
    }

    /// <inheritdoc />
    public IAsyncEnumerable<RecordedEvent> ReadAsync(EventQuery query, EventReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        options?.ThrowIfForStreams(nameof(options));
        Database.ThrowIfDisposed();
        return ReadQuery(query, options ?? EventReadOptions.Default, cancellationToken);
    }

    private async IAsyncEnumerable<RecordedEvent> ReadWindow(StreamWindow window, EventReadOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (window.Positions is not { } positions)
        {
            yield break;
        }

        using EventReader reader = new(Database);
        EventDecoder decoder = new(_state.Types, options.Unknown);
        long left = options.MaxCount;
        for (long version = window.Start; version >= window.First && version <= window.Last && left > 0; version += options.Backward ? -1 : 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Database.ThrowIfDisposed();
            if (!reader.TryRead(positions[version - 1], out LogRecord record))
            {
                continue;
            }

            if (decoder.Decode(record) is { } recorded)
            {
                left--;
                yield return recorded;
                continue;
            }

            left -= decoder.Others.Count > 0 ? 1 : 0;
            for (int i = 0; i < decoder.Others.Count; i++)
            {
                yield return decoder.Others[options.Backward ? ^(i + 1) : i];
            }
        }
    }

    // The lists are looked up when the enumeration begins: they may be new since the call.
    private async IAsyncEnumerable<RecordedEvent> ReadQuery(EventQuery query, EventReadOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Database.ThrowIfDisposed();
        LogPosition visible;
        PositionRange range;
        PositionCursor cursor;
        TenantIndex? tenant;
        long listsMade;
        do
        {
            listsMade = _state.ListsMade;
            visible = Database.Visible;
            range = PositionRange.Of(_state, visible, options);
            tenant = _state.Of(Tenant);
            if (tenant is null)
            {
                yield break;
            }

            cursor = QueryPlan.For(tenant, _state.Types, query);
        }
        while (listsMade != _state.ListsMade);

        ArchiveScan? scan = options.IncludeArchived ? ArchiveScan.For(tenant, _state.Types, query, new LogPosition(range.First.Value - 1)) : null;
        cursor = scan is null ? cursor : new ListCursor(_state.All);
        using EventReader reader = new(Database);
        EventDecoder decoder = new(_state.Types, options.Unknown);
        long left = options.MaxCount;
        long position = options.Backward ? cursor.AtOrBefore(range.Last.Value) : cursor.AtOrAfter(range.First.Value);
        while (position >= range.First.Value && position <= range.Last.Value && left > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Database.ThrowIfDisposed();
            if (reader.TryRead(new LogPosition(position), out LogRecord record)
                && scan?.Means(record) is null or true
                && !EventVisibility.IsHidden(_state, tenant, record, visible, options.IncludeArchived))
            {
                if (decoder.Decode(record) is { } recorded && query.Matches(recorded))
                {
                    left--;
                    yield return recorded;
                }

                bool counted = false;
                for (int i = 0; i < decoder.Others.Count; i++)
                {
                    RecordedEvent other = decoder.Others[options.Backward ? ^(i + 1) : i];
                    if (query.Matches(other))
                    {
                        left -= counted ? 0 : 1;
                        counted = true;
                        yield return other;
                    }
                }
            }

            position = options.Backward ? cursor.AtOrBefore(position - 1) : cursor.AtOrAfter(position + 1);
        }
    }
}
