using System.Runtime.CompilerServices;
using DataIntensive.Events;

namespace DataIntensive.DependencyInjection;

internal sealed class LazyEventStore(DatabaseAccessor accessor, string name, string tenant = "") : IEventStore, IDatabaseEvents
{
    public async ValueTask<AppendResult> AppendAsync(EventBatch batch, CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.AppendAsync(batch, cancellationToken).ConfigureAwait(false);
    }

    public StreamReading ReadStreamAsync(StreamId stream, EventReadOptions? options = null, CancellationToken cancellationToken = default) =>
        new(async token =>
        {
            DatabaseEventStore store = await OpenAsync(token).ConfigureAwait(false);
            StreamReading reading = store.ReadStreamAsync(stream, options, cancellationToken);
            return (await reading.GetInfoAsync(token).ConfigureAwait(false), reading);
        });

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(EventQuery query, EventReadOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (RecordedEvent recorded in store.ReadAsync(query, options, cancellationToken).ConfigureAwait(false))
        {
            yield return recorded;
        }
    }

    public async IAsyncEnumerable<SubscriptionStep> SubscribeAsync(EventQuery query, SubscribeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (SubscriptionStep step in store.SubscribeAsync(query, options, cancellationToken).ConfigureAwait(false))
        {
            yield return step;
        }
    }

    public async ValueTask<EventPosition> HeadAsync(CancellationToken cancellationToken = default)
    {
        DatabaseEventStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.HeadAsync(cancellationToken).ConfigureAwait(false);
    }

    public IEventStore ForTenant(string tenant)
    {
        TenantNames.Validate(tenant);
        return new LazyEventStore(accessor, name, tenant);
    }

    public async ValueTask<DatabaseEventStore> OpenAsync(CancellationToken cancellationToken)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        DatabaseEventStore store = database.Events(name);
        return tenant.Length == 0 ? store : store.ForTenant(tenant);
    }
}
