using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using DataIntensive.Consumers;
using DataIntensive.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

public sealed partial class EventSubscription
{
    // One run with members: one task reads and fills the lanes, the members empty them, and one keeps the checkpoint, which comes as far as
    // everything is finished or parked. Whichever fails first ends all.
    private sealed class GroupRun : IDisposable
    {
        private readonly EventSubscription _of;
        private readonly SubscriptionOptions _options;
        private readonly Lanes<Delivery> _lanes;
        private readonly CancellationTokenSource _source;
        private readonly CancellationToken _stop;
        private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly List<RecordedEvent> _stored = [];
        private readonly List<Delivery> _passed = [];
        private Progress _fed;
        private Progress _through;
        private Exception? _failure;
        private int _finished;
        private volatile bool _isAtEnd;

        public GroupRun(EventSubscription subscription, CancellationToken cancellationToken)
        {
            _of = subscription;
            _options = subscription._options;
            _lanes = new Lanes<Delivery>(_options.MaxInFlight);
            _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _stop = _source.Token;
            _fed = _through = new Progress(subscription.Position, subscription.MarkOf(subscription.Position), IsCaughtUp: false);
        }

        public async Task RunAsync(IAsyncEnumerable<SubscriptionStep> steps, bool follow)
        {
            Task members = Task.WhenAll(Enumerable.Range(0, _options.Members).Select(_ => GuardAsync(WorkAsync)));
            Task keeper = GuardAsync(KeepAsync);
            await GuardAsync(() => FeedAsync(steps, follow)).ConfigureAwait(false);
            _isAtEnd = true;
            await _source.CancelAsync().ConfigureAwait(false);
            await members.ConfigureAwait(false);
            await keeper.ConfigureAwait(false);
            try
            {
                // What is finished is saved as far as that goes, also when it failed.
                await MoveAsync(isLast: true, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (_failure is not null)
            {
                LogMessages.SubscriptionNotSaved(_of._logger, _of.Name, exception);
            }

            if (_failure is not null)
            {
                ExceptionDispatchInfo.Throw(_failure);
            }
        }

        // While the caller has the turn nothing more comes.
        public async Task WhenIdleAsync(CancellationToken cancellationToken)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop);
            try
            {
                await _lanes.WhenEmptyAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new InvalidOperationException($"The subscription '{_of.Name}' stopped before its members were through.", _failure);
            }
        }

        public void Dispose() => _source.Dispose();

        // The first failure is the one that counts: the others are only told to stop.
        private async Task GuardAsync(Func<Task> work)
        {
            try
            {
                await Task.Yield();
                await work().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_isAtEnd)
            {
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref _failure, exception, null);
                await _source.CancelAsync().ConfigureAwait(false);
            }
        }

        private async Task FeedAsync(IAsyncEnumerable<SubscriptionStep> steps, bool follow)
        {
            await foreach (SubscriptionStep step in steps.WithCancellation(_stop).ConfigureAwait(false))
            {
                using (await _of.TurnAsync(_stop).ConfigureAwait(false))
                {
                    await TakeAsync(step).ConfigureAwait(false);
                }

                if (!follow && step.IsCaughtUp)
                {
                    break;
                }
            }

            await _lanes.WhenEmptyAsync(_stop).ConfigureAwait(false);
        }

        private async ValueTask TakeAsync(SubscriptionStep step)
        {
            if (_stored.Count > 0 && step.Event?.Position != _stored[0].Position)
            {
                await AddStoredAsync().ConfigureAwait(false);
            }

            if (step.Event is { } recorded)
            {
                _stored.Add(recorded);
                if (step.Position < recorded.Position)
                {
                    // Others that it was upcast to may come: they are one delivery.
                    return;
                }

                await AddStoredAsync().ConfigureAwait(false);
            }

            Volatile.Write(ref _fed, new Progress(step.Position, _of.MarkOf(step), step.IsCaughtUp));
            Tell();
        }

        private async ValueTask AddStoredAsync()
        {
            RecordedEvent first = _stored[0];
            if (!_of.IsThrough(first))
            {
                string key = _of.KeyOf(first);
                await _lanes.AddAsync(new Delivery(_options.Members > 1 ? key : "", key, [.. _stored], _of.MarkOf(first)), _stop).ConfigureAwait(false);
            }

            _stored.Clear();
        }

        private async Task WorkAsync()
        {
            while (true)
            {
                Delivery delivery = await _lanes.TakeAsync(_stop).ConfigureAwait(false);
                if (await IsFinishedAsync(delivery).ConfigureAwait(false))
                {
                    Interlocked.Increment(ref _finished);
                    _lanes.Done(delivery);
                    Tell();
                }
            }
        }

        // False: it comes again later, and keeps its lane.
        private async ValueTask<bool> IsFinishedAsync(Delivery delivery)
        {
            if (_of._parked.Count > 0 && _of._parked.Holds(delivery.ParkingKey, delivery.Mark))
            {
                await _of.ParkAsync(delivery.First, delivery.ParkingKey, checkpoint: default, attempts: 0, cause: null, _stop).ConfigureAwait(false);
                delivery.IsMarked = true;
                return true;
            }

            if (delivery.Failures > 0)
            {
                _of._metrics.Redelivered.Add(1, _of.Tag);
            }

            if (await _of.AttemptAsync(delivery, isReplay: false, _stop).ConfigureAwait(false) is not { } failure)
            {
                delivery.IsMarked = _of._handler is null;
                return true;
            }

            if (_of.MayRetry(delivery.First, ++delivery.Failures, failure))
            {
                _ = AgainAsync(delivery);
                return false;
            }

            await _of.ParkAsync(delivery.First, delivery.ParkingKey, checkpoint: default, delivery.Failures, failure, _stop).ConfigureAwait(false);
            delivery.IsMarked = true;
            return true;
        }

        private async Task AgainAsync(Delivery delivery)
        {
            try
            {
                await Task.Delay(_options.DelayBefore(delivery.Failures + 1), _of.Time, _stop).ConfigureAwait(false);
                _lanes.Again(delivery);
            }
            catch (OperationCanceledException)
            {
                // The run is over: it comes again in the next one.
            }
        }

        private void Tell() => _news.Writer.TryWrite(true);

        private async Task KeepAsync()
        {
            while (await _news.Reader.WaitToReadAsync(_stop).ConfigureAwait(false))
            {
                _news.Reader.TryRead(out _);
                await MoveAsync(isLast: false, _stop).ConfigureAwait(false);
            }
        }

        private async ValueTask MoveAsync(bool isLast, CancellationToken cancellationToken)
        {
            // Read first: everything up to there is in the lanes by now, or through them.
            Progress fed = Volatile.Read(ref _fed);
            int before = _passed.Count;
            bool isIdle = _lanes.Pass(_passed);
            _through = _passed.Count > before ? new Progress(_passed[^1].Position, _passed[^1].Mark, IsCaughtUp: false) : _through;
            _through = isIdle && fed.Position >= _through.Position ? fed : _through;
            Volatile.Write(ref _of._position, _through.Position.Value);
            int finished = Volatile.Read(ref _finished);
            bool isFar = _through.Position.Value - _of._saved >= _options.ForeignPositionsPerCheckpoint;
            if (finished > 0 ? isLast || isFar || finished >= _options.EventsPerCheckpoint || _through.IsCaughtUp : isFar)
            {
                await SaveAsync(cancellationToken).ConfigureAwait(false);
                Interlocked.Add(ref _finished, -finished);
            }

            _of._waiters.Release(_through.Position);
            if (!isLast)
            {
                await _of.LookAheadAsync(cancellationToken).ConfigureAwait(false);
                _of.TellWhenCaughtUp(_through.IsCaughtUp, _through.Position);
            }
        }

        // The effects of transactional handlers say themselves what is finished ahead; of others it is said here.
        private async ValueTask SaveAsync(CancellationToken cancellationToken)
        {
            List<Delivery> ahead = [.. _lanes.Ahead().Where(delivery => !delivery.IsMarked)];
            if (_of.Marks is { } marks)
            {
                await marks.SaveAsync(_of.Name, _through.Mark, [.. _passed.Select(delivery => delivery.Mark)], [.. ahead.Select(delivery => delivery.Mark)], cancellationToken).ConfigureAwait(false);
                ahead.ForEach(delivery => delivery.IsMarked = true);
            }
            else
            {
                await _of._checkpoints.SaveAsync(_of.Name, _through.Mark, cancellationToken).ConfigureAwait(false);
            }

            _passed.Clear();
            _of._saved = _through.Position.Value;
        }

        private sealed record Progress(EventPosition Position, LogPosition Mark, bool IsCaughtUp);
    }
}
