using DataIntensive.Testing;

namespace DataIntensive.Specs.Stores;

/// <summary>Callers of a store of texts, each of whose calls is recorded: reads, writes, appends by update, deletes, compare-and-sets by value, and reads of all keys at once.</summary>
internal sealed class RecordedStore(ILinearizableStore<string, string> store, HistoryRecorder recorder)
{
    private const int Keys = 4;

    /// <summary>Runs random calls; false when one failed, after which this caller stops as its client would.</summary>
    public async Task<bool> RunAsync(int calls, Random random, string name)
    {
        HistoryProcess process = recorder.StartProcess();
        for (int i = 0; i < calls; i++)
        {
            string key = $"k{random.Next(Keys)}";
            string value = $"{name}.{i};";
            bool went = await (random.Next(10) switch
            {
                < 3 => CallAsync(process, KeyValueModel.Get, key, default, async () => Value(await store.ReadAsync(key))),
                < 5 => CallAsync(process, KeyValueModel.Put, key, value, async () =>
                {
                    await store.WriteAsync(key, value);
                    return default;
                }),
                < 7 => CallAsync(process, KeyValueModel.Append, key, value, async () =>
                {
                    await store.UpdateAsync(key, entry => entry.Value + value);
                    return default;
                }),
                < 8 => CallAsync(process, KeyValueModel.Delete, key, default, async () => await store.DeleteAsync(key)),
                _ => CompareAndSetAsync(process, key, value),
            });
            if (!went)
            {
                return false;
            }

            // Calls are shorter than a turn of a thread: now and then one has to be left, or nothing overlaps.
            if (random.Next(3) == 0)
            {
                await Task.Yield();
            }
        }

        return true;
    }

    /// <summary>Reads all keys at once, again and again: a read of each of them, all open together.</summary>
    public async Task<bool> ScanAsync(int scans)
    {
        HistoryProcess[] processes = [.. Enumerable.Range(0, Keys).Select(_ => recorder.StartProcess())];
        for (int i = 0; i < scans; i++)
        {
            for (int key = 0; key < Keys; key++)
            {
                processes[key].Call(KeyValueModel.Get, $"k{key}");
            }

            try
            {
                IReadOnlyList<KeyValuePair<string, StoreEntry<string>>> all = await ((IConsistentReads<string, string>)store).ReadAllAsync();
                Dictionary<string, string?> found = all.ToDictionary(entry => entry.Key, entry => entry.Value.Value);
                for (int key = 0; key < Keys; key++)
                {
                    processes[key].Return(found.GetValueOrDefault($"k{key}"));
                }
            }
            catch (DataIntensiveException)
            {
                Array.ForEach(processes, process => process.Fail());
                return false;
            }

            await Task.Yield();
        }

        return true;
    }

    private static HistoryValue Value(StoreEntry<string> entry) => entry.Exists ? entry.Value : default(HistoryValue);

    private static async Task<bool> CallAsync(HistoryProcess process, string function, string key, HistoryValue argument, Func<ValueTask<HistoryValue>> call)
    {
        process.Call(function, key, argument);
        try
        {
            process.Return(await call());
            return true;
        }
        catch (DataIntensiveException)
        {
            if (function == KeyValueModel.Get)
            {
                process.Fail();
            }
            else
            {
                process.Unknown();
            }

            return false;
        }
    }

    private async Task<bool> CompareAndSetAsync(HistoryProcess process, string key, string value)
    {
        StoreEntry<string> before = await store.ReadAsync(key);
        return !before.Exists || await CallAsync(process, KeyValueModel.CompareAndSet, key, HistoryValue.List(before.Value!, value), async () =>
            (await store.CompareAndSetAsync(key, expected: before.Value!, value)).Succeeded);
    }
}
