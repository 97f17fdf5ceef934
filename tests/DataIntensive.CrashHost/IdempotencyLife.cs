using System.Globalization;
using System.Text;

namespace DataIntensive.CrashHost;

/// <summary>
/// One life of a process whose writers all ask for the same keys, one after the other, beginning a bit behind where the life before has
/// come to: each key is asked for by several callers, and again after a crash.
/// </summary>
internal sealed class IdempotencyLife(string folder, int writers, bool isExternal, Acknowledgements acknowledgements)
{
    private const int Overlap = 20;
    private const string Effects = "effects";
    private const string Newest = "newest";

    private readonly Lock _gate = new();

    public static DatabaseOptions Options { get; } = new() { Log = LogLife.Options };

    public static DatabaseSchema MakeSchema() => new DatabaseSchema().AddIdempotency().AddStore<string, long>(Effects);

    /// <summary>How often each key's effect is in the database, by the key's number.</summary>
    public static Dictionary<long, long> EffectsIn(Database database) => database.Store<string, long>(Effects).ReadAll()
        .Where(entry => entry.Key != Newest)
        .ToDictionary(entry => long.Parse(entry.Key, CultureInfo.InvariantCulture), entry => entry.Value.Value);

    /// <summary>The same of effects outside the database, which are lines of a file.</summary>
    public static Dictionary<long, long> EffectsOutside(string folder) => !File.Exists(OutsideOf(folder)) ? [] : File.ReadLines(OutsideOf(folder))
        .GroupBy(line => long.Parse(line, CultureInfo.InvariantCulture))
        .ToDictionary(group => group.Key, group => group.LongCount());

    public static IdempotencyKey KeyOf(long number) => IdempotencyKey.Create("kill", number);

    public async Task RunAsync()
    {
        await using Database database = await Database.OpenAsync(folder, MakeSchema(), Options);
        await using FileStream outside = new(OutsideOf(folder), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        long newest = isExternal
            ? EffectsOutside(folder).Keys.DefaultIfEmpty(-1).Max()
            : database.Store<string, long>(Effects).Read(Newest).Value;
        acknowledgements.Opened();
        await await Task.WhenAny(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (long number = Math.Max(0, newest - Overlap); ; number++)
            {
                await (isExternal ? CallOutsideAsync(database, outside, writer, number) : CallAsync(database, writer, number));
            }
        })));
    }

    private static string OutsideOf(string folder) => folder + "-outside";

    private async Task CallAsync(Database database, int writer, long number)
    {
        DatabaseStore<string, long> effects = database.Store<string, long>(Effects);
        IdempotentResult<long> result = await database.Idempotency().ExecuteInTransactionAsync(KeyOf(number), transaction =>
        {
            effects.In(transaction).Update(number.ToString(CultureInfo.InvariantCulture), entry => entry.Value + 1);
            effects.In(transaction).Write(Newest, number);
            return number;
        });
        acknowledgements.Acknowledged(writer, result.Value, default);
    }

    private async Task CallOutsideAsync(Database database, FileStream outside, int writer, long number)
    {
        try
        {
            IdempotentResult<long> result = await database.Idempotency().ExecuteAsync(KeyOf(number), async _ =>
            {
                await Task.Yield();
                lock (_gate)
                {
                    outside.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}\n")));
                }

                return number;
            });
            acknowledgements.Acknowledged(writer, result.Value, default);
        }
        catch (IdempotencyOutcomeUnknownException)
        {
            // Told, and left to somebody who can find out.
        }
    }
}
