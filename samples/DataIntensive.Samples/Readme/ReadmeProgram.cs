// README begins
using DataIntensive;
// README ends

namespace DataIntensive.Samples.Readme;

/// <summary>The program on the README's first screen: a test holds the two together.</summary>
internal static class ReadmeProgram
{
    public static async Task RunAsync()
    {
        // README begins
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, int>("stock").AddIdempotency();
        await using Database db = await Database.OpenAsync("shop-data", schema);
        var stock = db.Store<string, int>("stock");
        var key = IdempotencyKey.Create("receive", "delivery-4711");
        for (int attempt = 1; attempt <= 2; attempt++) // the answer was lost, so the client asks again
        {
            var received = await db.Idempotency().ExecuteInTransactionAsync(
                key, tx => stock.In(tx).Update("lantern", entry => entry.Value + 6));
            Console.WriteLine($"{received.Outcome}: {stock.Read("lantern").Value} lanterns");
        }
        // README ends
    }
}
