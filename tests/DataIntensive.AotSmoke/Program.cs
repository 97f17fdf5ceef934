using DataIntensive;
using DataIntensive.AotSmoke;

// What trimming and Native AOT break shows only in the published program: one path through each floor, closed, reopened and checked.
(string Floor, Func<string, Task> Run)[] floors =
[
    ("logs", Floors.LogsAsync),
    ("transactions", Floors.TransactionsAsync),
    ("stores", Floors.StoresAsync),
    ("consumers", Floors.ConsumersAsync),
    ("events", Patterns.EventsAsync),
    ("folds", Patterns.FoldsAsync),
    ("causal", Patterns.CausalAsync),
    ("idempotency", Patterns.IdempotencyAsync),
    ("changes", Patterns.ChangesAsync),
    ("streams", Patterns.StreamsAsync),
    ("container", Patterns.ContainerAsync),
];

string folder = Directory.CreateTempSubdirectory("dataintensive-aot-").FullName;
try
{
    foreach ((string floor, Func<string, Task> run) in floors)
    {
        try
        {
            await run(Path.Combine(folder, floor));
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"aot smoke: {floor} failed: {exception}");
            return 1;
        }
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

Console.WriteLine("aot smoke: ok");
return 0;
