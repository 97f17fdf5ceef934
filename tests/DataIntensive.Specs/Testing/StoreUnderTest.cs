using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>A store whose calls are recorded, and which can be made to lie now and then.</summary>
internal sealed class StoreUnderTest(ILinearizableStore<string, int> store)
{
    private const int LiesEvery = 100;

    private int _calls;
    private int _lingers;
    private int? _older;

    public bool ReadsStale { get; init; }

    public bool LosesCompareAndSets { get; init; }

    public bool LosesWrites { get; init; }

    public bool ForgetsOutcomes { get; init; }

    private bool IsTimeToLie => Interlocked.Increment(ref _calls) % LiesEvery == 0;

    public async Task GetAsync(HistoryProcess process, string key)
    {
        process.Call(KeyValueModel.Get, key);
        Linger(process);
        StoreEntry<int> entry = await store.ReadAsync(key);
        int? value = entry.Exists ? entry.Value : null;
        if (ReadsStale && IsTimeToLie)
        {
            (value, _older) = (_older, value);
        }

        process.Return(value is { } found ? found : HistoryValue.Nil);
    }

    public async Task PutAsync(HistoryProcess process, string key, int value)
    {
        process.Call(KeyValueModel.Put, key, value);
        Linger(process);
        if (!LosesWrites || !IsTimeToLie)
        {
            await store.WriteAsync(key, value);
        }

        End(process, default);
    }

    public async Task DeleteAsync(HistoryProcess process, string key)
    {
        process.Call(KeyValueModel.Delete, key);
        Linger(process);
        End(process, await store.DeleteAsync(key));
    }

    // By value, as the model has it: what was read stands for its revision.
    public async Task CompareAndSetAsync(HistoryProcess process, string key, int value)
    {
        StoreEntry<int> before = await store.ReadAsync(key);
        process.Call(KeyValueModel.CompareAndSet, key, HistoryValue.List(before.Exists ? before.Value : HistoryValue.Nil, value));
        Linger(process);
        if (LosesCompareAndSets && IsTimeToLie)
        {
            process.Return(true);
            return;
        }

        if ((await store.CompareAndSetAsync(key, before.Revision, value)).Succeeded)
        {
            End(process, true);
        }
        else
        {
            // The revision differed, which says nothing of the value.
            process.Fail();
            process.Call(KeyValueModel.Get, key);
            StoreEntry<int> now = await store.ReadAsync(key);
            process.Return(now.Exists ? now.Value : HistoryValue.Nil);
        }
    }

    // Calls are shorter than a turn of a thread: now and then one has to be left while it is open, or nothing overlaps.
    private void Linger(HistoryProcess process)
    {
        if ((process.Id + Interlocked.Increment(ref _lingers)) % 3 == 0)
        {
            Thread.Yield();
        }
    }

    private void End(HistoryProcess process, HistoryValue result)
    {
        if (ForgetsOutcomes && IsTimeToLie)
        {
            process.Unknown();
        }
        else
        {
            process.Return(result);
        }
    }
}
