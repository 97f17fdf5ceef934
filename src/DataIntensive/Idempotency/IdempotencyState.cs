using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DataIntensive.Diagnostics;
using DataIntensive.Transactions;

namespace DataIntensive.Idempotency;

// The keys of one processor: completed ones, and those that were claimed and not completed. Changed in the sequencer only; read by
// anybody.
internal sealed partial class IdempotencyState : DerivedState
{
    public const string StateKind = "idempotency";

    // What takes memory beside a result: the entry, its place in two tables and its array.
    private const int CompletedBytes = 240;
    private const int SweptWhenFull = 10_000;

    private readonly IdempotencyOptions _options;
    private readonly RetentionClock _clock;
    private readonly IdempotencyMetrics _metrics;
    private readonly KeyTable _entries = new();
    private readonly ConcurrentDictionary<IdempotencyKey, OpenKey> _open = new();
    private readonly Queue<(IdempotencyKey Key, long FencingToken, long ClaimedAt)> _claimsByAge = new();
    private readonly CompletedKeys _completed;
    private LogPosition _staging;
    private bool _isLive;
    private string _lastCodec = "";

    public IdempotencyState(Database database, string name, IdempotencyOptions options)
        : base(database, StateKind, name, "sha256")
    {
        _options = options;
        _clock = new RetentionClock(database.TimeProvider, options.Retention);
        _metrics = IdempotencyMetrics.Of(database.Metrics.Meter);
        _completed = new CompletedKeys(_entries, options, _clock, OnForgotten_NeedsSequencer);
        Executions = new Executions(this, new KeyTable(), options, database.TimeProvider, _metrics) { KeepsBytes = true };
    }

    // Shared by all handles of this processor.
    public Executions Executions { get; }

    public IdempotencyMetrics Metrics => _metrics;

    public int MaxResultBytes => _options.MaxResultBytes;

    public int CompletedCount => _completed.Count;

    public int OpenCount => _open.Count;

    // No position of an earlier completion is kept for snapshots: a key is completed again only when the earlier one was not to be
    // found any more, and a transaction that began in between conflicts over the newer one.
    public bool TryGetAt(IdempotencyKey key, LogPosition position, [MaybeNullWhen(false)] out StoredResult result) =>
        TryGetNewest(key, out result) && result.Position <= position;

    public bool TryGetNewest(IdempotencyKey key, [MaybeNullWhen(false)] out StoredResult result)
    {
        bool found = _completed.TryGet(key, out KeyEntry? entry);
        result = (StoredResult?)entry;
        return found;
    }

    // Where a key was completed last, however long ago; the start when that is forgotten.
    public LogPosition PositionOf_NeedsSequencer(IdempotencyKey key) =>
        _completed.TryGetAnyAge(key, out KeyEntry? result) ? ((StoredResult)result).Position : LogPosition.Start;

    public OpenKey? OpenOf(IdempotencyKey key) => _open.GetValueOrDefault(key);

    // That one too old is nobody's any more; unless it is running, which the caller knows.
    public OpenKey? FreshOpenOf(IdempotencyKey key) => OpenOf(key) is { } open && !_clock.IsExpired(open.ClaimedAt) ? open : null;

    public IdempotencyChanges Join(DatabaseTransaction transaction) =>
        transaction.Changes(this, static (state, transaction) => new IdempotencyChanges(state, transaction));

    public long Stamp_NeedsSequencer() => _clock.Stamp();

    public void Stage_NeedsSequencer(IdempotencyKey key, StoredResult result)
    {
        _staging = result.Position;
        if (result.FencingToken != 0)
        {
            StageOpen_NeedsSequencer(key, null, result.Position);
        }

        AddCompleted(key, result);
        _completed.SweepAtNewest_NeedsLock();
    }

    // Null: it is open no more.
    public void StageOpen_NeedsSequencer(IdempotencyKey key, OpenKey? open, LogPosition position)
    {
        if (_open.TryGetValue(key, out OpenKey? before))
        {
            KeepForSnapshots(key, before, completed: null, position);
        }

        SetOpen(key, open);
        if (open is { IsClaimed: true } && open.Newest.Value == open.FencingToken)
        {
            _claimsByAge.Enqueue((key, open.FencingToken, open.ClaimedAt));
            SweepClaims(CompletedKeys.SweptPerCompletion, position);
        }
    }

    // By how much a completion makes the state grow. What is too old goes first: a full state must not be full of that.
    public long GrowthOf_NeedsSequencer(IdempotencyKey key, StoredResult result)
    {
        _completed.Sweep_NeedsLock(SweptWhenFull);
        long growth = SizeOf(result) - (result.FencingToken != 0 ? OpenSizeOf_NeedsSequencer(key) : 0);
        if (_completed.TryGetAnyAge(key, out KeyEntry? before))
        {
            return growth - SizeOf((StoredResult)before);
        }

        return growth - (_completed.NextOut_NeedsLock() is StoredResult next ? SizeOf(next) : 0);
    }

    public long OpenSizeOf_NeedsSequencer(IdempotencyKey key) => _open.TryGetValue(key, out OpenKey? open) ? open.SizeBytes : 0;

    public override void ReplayDone()
    {
        _completed.Sweep_NeedsLock(int.MaxValue);
        SweepClaims(int.MaxValue, LogPosition.Start);
        _isLive = true;
        int unknown = _open.Values.Count(open => open.IsClaimed);
        if (unknown > 0)
        {
            LogMessages.OutcomesUnknown(Database.Options.LoggerFactory.CreateLogger("DataIntensive.Idempotency"), ToString(), unknown);
        }
    }

    private static long SizeOf(StoredResult result) => CompletedBytes + result.Bytes.Length;

    private void AddCompleted(IdempotencyKey key, StoredResult result)
    {
        Resize_NeedsSequencer(SizeOf(result));
        result.Key = key;
        _completed.Add_NeedsLock(result);
    }

    private void SetOpen(IdempotencyKey key, OpenKey? open)
    {
        long change = (open?.SizeBytes ?? 0) - OpenSizeOf_NeedsSequencer(key);
        if (open is not null)
        {
            _open[key] = open;
        }
        else
        {
            _open.TryRemove(key, out _);
        }

        Resize_NeedsSequencer(change);
    }

    private void OnForgotten_NeedsSequencer(KeyEntry entry, bool isTooOld)
    {
        StoredResult result = (StoredResult)entry;
        Resize_NeedsSequencer(-SizeOf(result));
        if (isTooOld)
        {
            _metrics.Expired();
        }
        else
        {
            KeepForSnapshots(entry.Key, open: null, result, _staging);
        }
    }

    // In the order of the claims. One that is running is not too old, and must not hold up those behind it.
    private void SweepClaims(int atMost, LogPosition position)
    {
        atMost = Math.Min(atMost, _claimsByAge.Count);
        while (atMost-- > 0 && _claimsByAge.TryPeek(out (IdempotencyKey Key, long FencingToken, long ClaimedAt) oldest))
        {
            bool isCurrent = _open.TryGetValue(oldest.Key, out OpenKey? open) && open.FencingToken == oldest.FencingToken;
            if (isCurrent && Executions.IsRunning(oldest.Key))
            {
                _claimsByAge.Enqueue(_claimsByAge.Dequeue());
                continue;
            }

            if (isCurrent && !_clock.IsExpired(oldest.ClaimedAt))
            {
                return;
            }

            _claimsByAge.Dequeue();
            if (isCurrent)
            {
                KeepForSnapshots(oldest.Key, open, completed: null, position);
                SetOpen(oldest.Key, null);
                _metrics.Expired();
            }
        }
    }
}
