using System.Runtime.CompilerServices;

namespace DataIntensive.DependencyInjection;

internal sealed class LazyEventStore(DatabaseAccessor accessor, string name) : IEventStore
{
    public async ValueTask<AppendResult> AppendAsync(StreamId stream, ExpectedVersion expected, IEnumerable<object> events, CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.AppendAsync(stream, expected, events, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<RecordedEvent> ReadStreamAsync(StreamId stream, long fromVersion = 1, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (RecordedEvent recorded in store.ReadStreamAsync(stream, fromVersion, cancellationToken).ConfigureAwait(false))
        {
            yield return recorded;
        }
    }

    public async ValueTask<long> VersionAsync(StreamId stream, CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.VersionAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EventPosition> HeadAsync(CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.HeadAsync(cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<RecordedEvent> ReadAllAsync(EventPosition from = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (RecordedEvent recorded in store.ReadAllAsync(from, cancellationToken).ConfigureAwait(false))
        {
            yield return recorded;
        }
    }

    public async IAsyncEnumerable<RecordedEvent> SubscribeAsync(EventPosition after = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (RecordedEvent recorded in store.SubscribeAsync(after, cancellationToken).ConfigureAwait(false))
        {
            yield return recorded;
        }
    }

    private async ValueTask<DatabaseEventStore> OpenAsync(CancellationToken cancellationToken)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return database.Events(name);
    }
}
