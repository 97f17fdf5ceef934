using System.Runtime.CompilerServices;
using DataIntensive.Events;
using DataIntensive.Logs;

namespace DataIntensive;

public sealed partial class DatabaseEventStore
{
    /// <inheritdoc />
    public IAsyncEnumerable<SubscriptionStep> SubscribeAsync(EventQuery query, SubscribeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        Database.ThrowIfDisposed();
        options ??= new SubscribeOptions();
        EventPosition head = _state.HeadAt(Database.Visible);
        return options.After <= head
            ? Subscribe(query, options, _state.LogPositionOf(options.After), tellsLog: false, cancellationToken)
            : throw new ArgumentOutOfRangeException(nameof(options), options.After, $"The newest event is at position {head}.");
    }

    // All events behind a place in the log, and between them how far the log has come, also where it holds no events.
    internal IAsyncEnumerable<SubscriptionStep> SubscribeToLogAsync(LogPosition after, CancellationToken cancellationToken) =>
        Subscribe(EventQuery.All, new SubscribeOptions { After = _state.HeadAt(after) }, after, tellsLog: true, cancellationToken);

    // Walks the lists up to what is visible and fsynced, and waits at the end of the log for more. So there is no gap between what was there
    // and what comes, and events that are not asked for cost nothing.
    private async IAsyncEnumerable<SubscriptionStep> Subscribe(
        EventQuery query,
        SubscribeOptions options,
        LogPosition passed,
        bool tellsLog,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using EventReader reader = new(Database);
        EventDecoder decoder = new(_state.Types, options.Unknown);
        EventPosition told = options.After;
        bool isFirst = true;
        using LogReader waiter = Database.Log.OpenReader(passed);
        do
        {
            LogPosition end = _state.DurableUpTo();
            EventPosition head = HeadAt(end);
            TenantIndex? tenant = _state.Of(Tenant);
            PositionCursor? cursor = tenant is null ? null : QueryPlan.For(tenant, _state.Types, query);
            ArchiveScan? scan = tenant is null || options.SkipArchived ? null : ArchiveScan.For(tenant, _state.Types, query, passed);
            cursor = scan is null ? cursor : new ListCursor(_state.All);
            while (cursor is not null && cursor.AtOrAfter(passed.Value + 1) is var next && next <= end.Value)
            {
                cancellationToken.ThrowIfCancellationRequested();
                passed = new LogPosition(next);
                if (!reader.TryRead(passed, out LogRecord record)
                    || scan?.Means(record) is false
                    || EventVisibility.IsHidden(_state, tenant!, record, end, withArchived: !options.SkipArchived))
                {
                    continue;
                }

                if (decoder.Decode(record) is { } recorded && query.Matches(recorded))
                {
                    told = recorded.Position;
                    yield return new SubscriptionStep(recorded, told, head) { LogPosition = passed };
                }

                for (int i = 0; i < decoder.Others.Count; i++)
                {
                    // Whoever stops between the events that one was upcast to has not come past it.
                    RecordedEvent other = decoder.Others[i];
                    bool isLast = i == decoder.Others.Count - 1;
                    if (query.Matches(other))
                    {
                        told = new EventPosition(other.Position.Value - (isLast ? 0 : 1));
                        yield return new SubscriptionStep(other, told, head) { LogPosition = new LogPosition(passed.Value - (isLast ? 0 : 1)) };
                    }
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            bool isNews = isFirst || head > told || (tellsLog && end > passed);
            isFirst = false;
            passed = end > passed ? end : passed;
            if (isNews)
            {
                told = head > options.After ? head : options.After;
                yield return new SubscriptionStep(Event: null, told, head) { LogPosition = passed };
            }

            waiter.Seek(passed);
        }
        while (await WaitBehindAsync(waiter, cancellationToken).ConfigureAwait(false));
    }

    // The log shows a commit a moment before the database does; who gets an event must be able to read what came with it.
    private async ValueTask<bool> WaitBehindAsync(LogReader waiter, CancellationToken cancellationToken)
    {
        if (!await waiter.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await Database.WaitVisibleAsync(new LogPosition(waiter.Position.Value + 1), cancellationToken).ConfigureAwait(false);
        return true;
    }
}
