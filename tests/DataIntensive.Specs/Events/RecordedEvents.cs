using System.Text.Json.Serialization;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Events;

internal sealed record Said(string Text);

[JsonSerializable(typeof(Said))]
internal sealed partial class SaidJson : JsonSerializerContext;

/// <summary>
/// Callers of an event store, each of whose calls is recorded for <see cref="EventStreamModel"/>. Streams are streams; and each tag is one
/// more stream: reading its query reads it, and an append under a condition over it expects the version that was read.
/// </summary>
internal sealed class RecordedEvents(IEventStore store, HistoryRecorder recorder)
{
    private const int Keys = 3;

    public static DatabaseSchema Schema { get; } = new DatabaseSchema().AddEvents(events => events.Map("said", 1, SaidJson.Default.Said));

    /// <summary>Makes the store forget its conditions: to see that the checker finds out.</summary>
    public bool LosesConditions { get; init; }

    /// <summary>Runs random calls; false when one failed, after which this caller stops as its client would.</summary>
    public async Task<bool> RunAsync(int calls, Random random, string name)
    {
        HistoryProcess process = recorder.StartProcess();
        for (int i = 0; i < calls; i++)
        {
            int key = random.Next(Keys);
            string text = $"{name}.{i}";
            bool went = random.Next(10) switch
            {
                < 2 => await ReadAsync(process, $"s{key}", EventQuery.InStream($"s{key}")) is not null,
                < 4 => await ReadAsync(process, $"t{key}", EventQuery.Tagged($"t{key}")) is not null,
                < 5 => await AppendAsync(process, $"s{key}", EventStreamModel.AnyVersion, text, Plain(key, text, ExpectedVersion.Any)),
                < 6 => await AppendAsync(process, $"s{key}", EventStreamModel.NoStream, text, Plain(key, text, ExpectedVersion.None)),
                < 7 => await AppendAsync(process, $"t{key}", EventStreamModel.AnyVersion, text, Tagged(key, text)),
                < 8 => await AppendExactlyAsync(process, key, text),
                _ => await AppendUnderConditionAsync(process, key, text),
            };
            if (!went)
            {
                return false;
            }

            if (random.Next(3) == 0)
            {
                await Task.Yield();
            }
        }

        return true;
    }

    private static EventBatch Plain(int key, string text, ExpectedVersion expected) => new EventBatch().Append($"s{key}", expected, new Said(text));

    // In a stream of its own, so that the tag alone tells them.
    private static EventBatch Tagged(int key, string text) => new EventBatch().Append($"tagged-{text}", ExpectedVersion.None, new EventData(new Said(text)) { Tags = [$"t{key}"] });

    private async Task<bool> AppendExactlyAsync(HistoryProcess process, int key, string text) =>
        await ReadAsync(process, $"s{key}", EventQuery.InStream($"s{key}")) is { } read
        && await AppendAsync(process, $"s{key}", read.Count, text, Plain(key, text, ExpectedVersion.Exactly(read.Count)));

    private async Task<bool> AppendUnderConditionAsync(HistoryProcess process, int key, string text)
    {
        if (await ReadAsync(process, $"t{key}", EventQuery.Tagged($"t{key}")) is not { } read)
        {
            return false;
        }

        EventBatch batch = Tagged(key, text);
        EventPosition after = read.Count == 0 ? EventPosition.Start : read[^1].Position;
        return await AppendAsync(process, $"t{key}", read.Count, text, LosesConditions ? batch : batch.Unless(EventQuery.Tagged($"t{key}"), after));
    }

    private async Task<List<RecordedEvent>?> ReadAsync(HistoryProcess process, string key, EventQuery query)
    {
        process.Call(EventStreamModel.Read, key);
        try
        {
            List<RecordedEvent> read = await store.ReadAsync(query).ToListAsync();
            process.Return(HistoryValue.List([.. read.Select(recorded => (HistoryValue)((Said)recorded.Data).Text)]));
            return read;
        }
        catch (DataIntensiveException)
        {
            process.Fail();
            return null;
        }
    }

    private async Task<bool> AppendAsync(HistoryProcess process, string key, HistoryValue expected, string text, EventBatch batch)
    {
        process.Call(EventStreamModel.Append, key, HistoryValue.List(expected, text));
        try
        {
            AppendResult result = await store.AppendAsync(batch);
            process.Return(!result.Succeeded ? false : key[0] == 's' ? result.Version : default(HistoryValue));
            return true;
        }
        catch (DataIntensiveException)
        {
            process.Unknown();
            return false;
        }
    }
}
