using System.Diagnostics;
using System.Globalization;

namespace DataIntensive.Benchmarks.Databases;

/// <summary>Opening a database of many keys by replaying its log, and from a state snapshot. <c>opening [keys]</c>.</summary>
internal static class OpeningComparison
{
    private const int Rounds = 3;

    private static DatabaseOptions Options => new() { StateSnapshotBytes = long.MaxValue, MaxStateBytes = 64L * 1024 * 1024 * 1024, Log = new CommitLogOptions { OpenCheck = LogOpenCheck.Unproven } };

    private static DatabaseSchema Schema => new DatabaseSchema().AddStore<int, byte[]>("values");

    public static async Task RunAsync(int keys)
    {
        string folder = Directory.CreateTempSubdirectory("dataintensive-opening-").FullName;
        try
        {
            // Each key is written twice: what replaying does, and a snapshot spares.
            await using (Database database = await Database.OpenAsync(folder, Schema, Options))
            {
                await DatabaseComparison.FillAsync(database, "values", keys, new byte[DatabaseComparison.ValueBytes]);
                await DatabaseComparison.FillAsync(database, "values", keys, new byte[DatabaseComparison.ValueBytes]);
            }

            double replay = await MedianAsync(folder);
            double writing;
            await using (Database database = await Database.OpenAsync(folder, Schema, Options))
            {
                long start = Stopwatch.GetTimestamp();
                await database.SnapshotAsync();
                writing = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            double opening = await MedianAsync(folder);
            long bytes = Directory.GetFiles(folder, "state-*.snap").Sum(file => new FileInfo(file).Length);
            Console.WriteLine();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"opening {keys:N0} keys, each written twice: {replay:0.00} s by replay, {opening:0.00} s from a state snapshot ({replay / opening:0.0}×); writing it took {writing:0.00} s, {bytes / 1e6:0} MB"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> MedianAsync(string folder)
    {
        List<double> seconds = [];
        for (int round = 0; round < Rounds; round++)
        {
            GC.Collect();
            long start = Stopwatch.GetTimestamp();
            await using Database database = await Database.OpenAsync(folder, Schema, Options);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return DatabaseComparison.Median(seconds);
    }
}
