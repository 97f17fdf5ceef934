using System.Buffers;
using System.Runtime.InteropServices;
using DataIntensive.Internal;

namespace DataIntensive.Streams;

internal sealed class SessionOperator<TAggregator, TKey, T, TAccumulator, TValue>(
    SessionWindows windows,
    TAggregator aggregator,
    Func<T, TKey?> keyOf,
    IWindowOutput<TKey, T, TValue> output,
    int maxOpen)
    : WindowOperator<TKey, T, TValue>(keyOf, output, maxOpen)
    where TKey : notnull
    where TAggregator : struct, IAggregator<T, TAccumulator, TValue>
{
    private readonly long _gap = windows.Gap.Ticks;
    private readonly Dictionary<TKey, Session<TKey, TAccumulator>> _firstOfKey = [];

    // Each session stands here once, with the end that it had when it was put in; it is looked at again when that has passed.
    private readonly PriorityQueue<Session<TKey, TAccumulator>, long> _byEnd = new();
    private readonly List<Session<TKey, TAccumulator>> _closing = [];
    private long _nextSequence;

    protected override bool TryAdd(TKey key, T item, long timestamp)
    {
        long end = StreamTime.Add(timestamp, _gap);
        _firstOfKey.TryGetValue(key, out Session<TKey, TAccumulator>? session);
        Session<TKey, TAccumulator>? before = null;
        while (session is not null && session.End <= timestamp)
        {
            before = session;
            session = session.Next;
        }

        if (session is not null && session.Start < end)
        {
            Extend(session, timestamp, end);
        }
        else if (end > Watermark)
        {
            session = Open(key, timestamp, end, before, after: session);
        }
        else
        {
            return false;
        }

        aggregator.Add(ref session.Accumulator, item);
        return true;
    }

    protected override void Close()
    {
        while (_byEnd.TryPeek(out Session<TKey, TAccumulator>? session, out long end) && end <= Watermark)
        {
            _byEnd.Dequeue();
            if (session.IsOpen && session.End > Watermark)
            {
                _byEnd.Enqueue(session, session.End);
            }
            else if (session.IsOpen)
            {
                _closing.Add(session);
            }
        }

        _closing.Sort(static (left, right) =>
            (left.End, left.Start, left.Sequence).CompareTo((right.End, right.Start, right.Sequence)));
        foreach (Session<TKey, TAccumulator> session in _closing)
        {
            Emit(session.Key, session.Start, session.End, aggregator.Result(in session.Accumulator));
            RemoveFirst(session);
        }

        _closing.Clear();
        NextClose = _byEnd.TryPeek(out _, out long next) ? next : StreamTime.AfterAll;
    }

    protected override void SaveWindows(IBufferWriter<byte> destination, ICodec<TKey> keys)
    {
        ICodec<TAccumulator> accumulators = aggregator.Codec!;
        ArrayBufferWriter<byte> scratch = new();
        List<Session<TKey, TAccumulator>> open = [];
        foreach ((Session<TKey, TAccumulator> session, _) in _byEnd.UnorderedItems)
        {
            if (session.IsOpen)
            {
                open.Add(session);
            }
        }

        open.Sort(static (left, right) => left.Sequence.CompareTo(right.Sequence));
        destination.WriteVarint((ulong)open.Count);
        foreach (Session<TKey, TAccumulator> session in open)
        {
            destination.WriteWith(keys, session.Key, scratch);
            destination.WriteInt64(session.Start);
            destination.WriteInt64(session.End);
            destination.WriteWith(accumulators, session.Accumulator, scratch);
        }
    }

    protected override void LoadWindows(ref SpanReader source, ICodec<TKey> keys)
    {
        ICodec<TAccumulator> accumulators = aggregator.Codec!;
        for (ulong left = source.ReadVarint(); left > 0; left--)
        {
            TKey key = source.ReadWith(keys);
            long start = source.ReadInt64();
            long end = source.ReadInt64();
            _firstOfKey.TryGetValue(key, out Session<TKey, TAccumulator>? after);
            Session<TKey, TAccumulator>? before = null;
            while (after is not null && after.Start < start)
            {
                before = after;
                after = after.Next;
            }

            Open(key, start, end, before, after).Accumulator = source.ReadWith(accumulators);
        }
    }

    // The event overlaps this session, and perhaps those behind it: they become one.
    private void Extend(Session<TKey, TAccumulator> session, long start, long end)
    {
        while (session.Next is { } next && next.Start < end)
        {
            aggregator.Merge(ref session.Accumulator, in next.Accumulator);
            session.End = next.End;
            session.Sequence = Math.Min(session.Sequence, next.Sequence);
            session.Next = next.Next;
            next.Next = null;
            next.IsOpen = false;
        }

        session.Start = Math.Min(session.Start, start);
        session.End = Math.Max(session.End, end);
    }

    private Session<TKey, TAccumulator> Open(
        TKey key,
        long start,
        long end,
        Session<TKey, TAccumulator>? before,
        Session<TKey, TAccumulator>? after)
    {
        ThrowIfFull(_byEnd.Count);
        Session<TKey, TAccumulator> session = new(key, start, end, _nextSequence++)
        {
            Accumulator = aggregator.Create(),
            Next = after,
        };
        if (before is null)
        {
            _firstOfKey[key] = session;
        }
        else
        {
            before.Next = session;
        }

        _byEnd.Enqueue(session, end);
        NextClose = Math.Min(NextClose, end);
        return session;
    }

    // Sessions close by end, so among those of its key the one that closes is the first.
    private void RemoveFirst(Session<TKey, TAccumulator> session)
    {
        session.IsOpen = false;
        if (session.Next is { } next)
        {
            CollectionsMarshal.GetValueRefOrNullRef(_firstOfKey, session.Key) = next;
        }
        else
        {
            _firstOfKey.Remove(session.Key);
        }
    }
}
