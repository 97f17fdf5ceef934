using System.Runtime.CompilerServices;
using DataIntensive.Streams;

namespace DataIntensive;

/// <summary>
/// The description of a sequence, bounded or not, and of what is done with its items. Nothing happens until it is run; it may be run
/// many times. <see cref="DataStream"/> makes it.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> Items go through the operators one by one: each sees the state and the watermark that those before it left.
/// A run in a database commits each result exactly once, with the state and the position it belongs to.</para>
/// <para><b>Order.</b> Results come by window end, then start, then by which came first; never by hashes. Batches change nothing.</para>
/// <para><b>After a crash.</b> A run in a database goes on with the state of its last commit. A run in memory starts over.</para>
/// <para><b>Thread safety.</b> A description is immutable. A run calls selectors and handlers one at a time.</para>
/// <para><b>Cost.</b> An item costs a call per operator and, in a window, a look-up; it waits only where the source waits. Memory: an
/// accumulator per key and open window.</para>
/// <para><b>Not guaranteed.</b> That a time is over while no item comes: only items move the watermark.</para>
/// </remarks>
public sealed class DataStream<T>
{
    private readonly StreamPlan<Stage<T>> _plan;

    internal DataStream(StreamPlan<Stage<T>> plan) => _plan = plan;

    /// <summary>
    /// Keeps the items that a predicate holds for. Those left out here never get a time; leave them out behind
    /// <see cref="WithTimestamps"/> when they should move the watermark.
    /// </summary>
    /// <param name="predicate">The predicate.</param>
    public DataStream<T> Where(Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return new DataStream<T>(_plan.Then<Stage<T>>("where", next => new WhereStage<T>(predicate, next)));
    }

    /// <summary>Makes something else of each item.</summary>
    /// <typeparam name="TOut">The type of what is made.</typeparam>
    /// <param name="selector">What makes it.</param>
    public DataStream<TOut> Select<TOut>(Func<T, TOut> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return new DataStream<TOut>(_plan.Then<Stage<TOut>>("select", next => new SelectStage<T, TOut>(selector, next)));
    }

    /// <summary>Gives each item its event time, and the stream its watermark.</summary>
    /// <param name="timestamp">When the event happened.</param>
    /// <param name="watermarks">How the watermark follows: see <see cref="Watermarks"/>.</param>
    public TimedStream<T> WithTimestamps(Func<T, DateTimeOffset> timestamp, WatermarkStrategy watermarks)
    {
        ArgumentNullException.ThrowIfNull(timestamp);
        ArgumentNullException.ThrowIfNull(watermarks);
        return new TimedStream<T>(_plan.Then<TimedStage<T>>("timestamps", next => new TimestampStage<T>(timestamp, watermarks.Bound, next)));
    }

    /// <summary>Runs the items through one state, in memory, and gives the state after each.</summary>
    /// <typeparam name="TState">The type of the state. What was given out is not changed if the handler makes new states.</typeparam>
    /// <param name="initial">The state before the first item.</param>
    /// <param name="handler">Makes the next state of an item and the state before it.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; thrown while enumerating.</exception>
    public IAsyncEnumerable<TState> Process<TState>(TState initial, Func<T, TState, TState> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Run(initial, handler, cancellationToken);
    }

    private async IAsyncEnumerable<TState> Run<TState>(TState initial, Func<T, TState, TState> handler, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ProcessStage<T, TState> stage = new(initial, handler);
        StreamFeed feed = _plan.Connect(stage, new StreamStart(LogPosition.Start, EndAfter: null, cancellationToken));
        await using (feed.ConfigureAwait(false))
        {
            FeedStatus status;
            do
            {
                status = feed.TryPush();
                cancellationToken.ThrowIfCancellationRequested();
                if (status == FeedStatus.Waits)
                {
                    await feed.WaitAsync().ConfigureAwait(false);
                }
                else if (stage.TakeChanged())
                {
                    yield return stage.State;
                }
            }
            while (status != FeedStatus.Ended);
        }
    }
}
