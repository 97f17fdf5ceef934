using System.Diagnostics;
using System.Globalization;
using DataIntensive.Benchmarks.Log;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>
/// Durable processors beside the bare group commit: callers that each wait for their own new key, and callers that each wait for a write
/// of as many bytes to be durable.
/// </summary>
internal static class DurableRows
{
    private const int Callers = 64;
    private const int BareBytes = 160;
    private static readonly TimeSpan Time = TimeSpan.FromMilliseconds(700);

    public static async Task RunAsync(int rounds)
    {
        List<double> bare = [];
        List<double> transactional = [];
        List<double> external = [];
        for (int round = -2; round < rounds; round++)
        {
            double bareRate = await InFolderAsync(BareAsync);
            double transactionalRate = await InFolderAsync(folder => OursAsync(folder, isExternal: false));
            double externalRate = await InFolderAsync(folder => OursAsync(folder, isExternal: true));
            if (round >= 0)
            {
                bare.Add(bareRate);
                transactional.Add(transactionalRate);
                external.Add(externalRate);
            }
        }

        Console.WriteLine("| durable, 64 concurrent new keys | per second | of the bare group commit |");
        Console.WriteLine("|---|---|---|");
        Print("bare group commit, 64 waiting", bare, bare);
        Print("transactional: effect and key in one commit", transactional, bare);
        Print("external: claim, effect, completion", external, bare);
    }

    private static void Print(string name, List<double> rates, List<double> bare)
    {
        double[] ratios = [.. rates.Zip(bare, (rate, other) => rate / other).Order()];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {IdempotencyComparison.Median(rates):0} | **{IdempotencyComparison.Median(ratios):0.00}×** ({ratios[ratios.Length / 4]:0.00}–{ratios[ratios.Length * 3 / 4]:0.00}) |"));
    }

    private static async Task<double> BareAsync(string folder)
    {
        using BareFrames frames = new(Path.Combine(folder, "bare"), BareFileKind.Prepared);
        using BareGroup group = new(frames);
        byte[] body = new byte[BareBytes];
        return await MeasureAsync((_, _) => new ValueTask(group.AppendAsync(body)));
    }

    private static async Task<double> OursAsync(string folder, bool isExternal)
    {
        await using Database database = await Database.OpenAsync(folder, new DatabaseSchema().AddIdempotency().AddStore<int, long>("effects"));
        DatabaseIdempotencyProcessor keys = database.Idempotency();
        DatabaseStore<int, long> effects = database.Store<int, long>("effects");
        return await MeasureAsync(async (caller, number) =>
        {
            IdempotencyKey key = IdempotencyKey.Create("durable", caller, number);
            if (isExternal)
            {
                await keys.ExecuteAsync(key, static _ => new ValueTask<int>(1));
            }
            else
            {
                await keys.ExecuteInTransactionAsync(key, transaction =>
                {
                    effects.In(transaction).Write((caller * 1_000_000) + number, 1);
                    return 1;
                });
            }
        });
    }

    private static async Task<double> MeasureAsync(Func<int, int, ValueTask> call)
    {
        long start = Stopwatch.GetTimestamp();
        int[] done = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            int number = 0;
            while (Stopwatch.GetElapsedTime(start) < Time)
            {
                await call(caller, number++);
            }

            return number;
        })));
        return done.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> InFolderAsync(Func<string, Task<double>> measure)
    {
        string folder = Directory.CreateTempSubdirectory("dataintensive-idempotency-").FullName;
        try
        {
            return await measure(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
