using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>Random histories of at most six operations, of which enough are consistent.</summary>
internal static class TinyCausalHistories
{
    private static readonly int[][] Shapes = [[3, 3], [2, 3], [2, 2, 1], [4, 2], [1, 2, 2], [2, 1, 1, 1], [1, 4]];

    public static CausalHistory Of(int seed)
    {
        Random random = new(seed);
        int[] shape = Shapes[random.Next(Shapes.Length)];
        int keys = random.Next(1, 3);
        List<(string Key, long Value)> written = [];
        bool[][] isWrite = [.. shape.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(2) == 0).ToArray())];
        string[][] keyOf = [.. shape.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(keys) == 0 ? "x" : "y").ToArray())];
        long[][] values = [.. shape.Select(length => new long[length])];
        for (int i = 0; i < shape.Length; i++)
        {
            for (int j = 0; j < shape[i]; j++)
            {
                if (isWrite[i][j])
                {
                    values[i][j] = written.Count + 1;
                    written.Add((keyOf[i][j], values[i][j]));
                }
            }
        }

        return CausalHistory.Of(shape.Select((length, i) => new CausalSession($"s{i}", Enumerable.Range(0, length).Select(j => Operation(i, j)))));

        CausalOperation Operation(int i, int j)
        {
            if (isWrite[i][j])
            {
                return CausalOperation.Write(keyOf[i][j], values[i][j]);
            }

            long[] choices = [.. written.Where(write => write.Key == keyOf[i][j]).Select(write => write.Value)];
            long value = random.Next(40) == 0 ? 99 : choices.Length == 0 || random.Next(5) == 0 ? CausalHistory.Initial : choices[random.Next(choices.Length)];
            return CausalOperation.Read(keyOf[i][j], value);
        }
    }
}
