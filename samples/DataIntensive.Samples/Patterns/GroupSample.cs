using System.Text.Json.Serialization;

namespace DataIntensive.Samples.Patterns;

internal sealed record Ordered(string Item);

[JsonSerializable(typeof(Ordered))]
internal sealed partial class GroupJson : JsonSerializerContext;

/// <summary>A subscription with several members: each event once, each stream in order, and what cannot be handled set aside.</summary>
internal static class GroupSample
{
    public static async Task RunAsync(string folder, TextWriter output, CancellationToken cancellationToken)
    {
        DatabaseSchema schema = new DatabaseSchema()
            .AddEvents(events => events.Map("ordered", 1, GroupJson.Default.Ordered))
            .AddStore<string, int>("picked")
            .AddCheckpoints();
        await using Database database = await Database.OpenAsync(folder, schema, cancellationToken: cancellationToken);
        DatabaseStore<string, int> picked = database.Store<string, int>("picked");
        foreach (string item in (string[])["lantern", "unicorn", "doormat"])
        {
            await database.Events().AppendAsync("customer-1", [new Ordered(item)], cancellationToken);
            await database.Events().AppendAsync("customer-2", [new Ordered("lantern")], cancellationToken);
        }

        bool hasUnicorns = false;
        EventSubscription pickers = EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "pickers",
            EventQuery.All,
            async (transaction, recorded, token) =>
            {
                // May wait and do I/O. What it writes here, and that the event is done, are one commit.
                await Task.Yield();
                string item = ((Ordered)recorded.Data).Item;
                picked.In(transaction).Update(item, entry => entry.Value + 1);
                if (item == "unicorn" && !hasUnicorns)
                {
                    throw new InvalidOperationException("There are no unicorns.");
                }
            },
            new SubscriptionOptions { Members = 4, MaxAttempts = 2, Poison = PoisonEvents.Park, HandlerTimeout = TimeSpan.FromMinutes(1) });
        await pickers.RunToEndAsync(cancellationToken);
        await output.WriteLineAsync($"picked: {picked.Read("lantern").Value} lanterns, {picked.Read("doormat").Value} doormats");
        await foreach (ParkedEvent parked in pickers.ReadParkedAsync(cancellationToken: cancellationToken))
        {
            await output.WriteLineAsync($"parked: {((Ordered)parked.Events[0].Data).Item} of {parked.Letter.Source}. {parked.Letter.ErrorMessage}");
        }

        hasUnicorns = true;
        ReplayedEvents replayed = await pickers.ReplayParkedAsync(cancellationToken: cancellationToken);
        await output.WriteLineAsync($"replayed: {replayed.Handled}, now {picked.Read("unicorn").Value} unicorn and {picked.Read("doormat").Value} doormat");
    }
}
