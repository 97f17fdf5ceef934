using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataIntensive.Testing;

/// <summary>
/// Guards fold snapshots: folds samples, and fails when a state came out differently than when the samples were written. Then either the
/// change is a mistake, or the fold's version has to be raised, and the hashes renewed: kept states are not used by the new program then.
/// </summary>
public static class FoldSamples
{
    private const int HashBytes = 12;

    /// <summary>Folds samples and compares the hashes of their states.</summary>
    /// <param name="decider">Folds.</param>
    /// <param name="codec">How states are stored, as in the <see cref="FoldSnapshots{TState}"/>.</param>
    /// <param name="foldVersion">The fold's version, as there. It is part of the hash.</param>
    /// <param name="samples">The samples: every kind of event should be in one.</param>
    /// <exception cref="ScenarioException">A hash differs, or there is no sample. The message says all hashes as they are now.</exception>
    public static void Verify<TState, TCommand, TEvent>(Decider<TState, TCommand, TEvent> decider, ICodec<TState> codec, int foldVersion, params IEnumerable<FoldSample<TEvent>> samples)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(decider);
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentOutOfRangeException.ThrowIfLessThan(foldVersion, 1);
        ArgumentNullException.ThrowIfNull(samples);
        List<(FoldSample<TEvent> Sample, string Hash)> folded =
            [.. samples.Select(sample => (sample, HashOf(codec, foldVersion, sample.Events.Aggregate(decider.Initial, decider.Evolve))))];
        if (folded.Count == 0)
        {
            throw new ScenarioException("There is no sample, so nothing is guarded.");
        }

        if (folded.TrueForAll(pair => pair.Sample.Hash == pair.Hash))
        {
            return;
        }

        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"A fold leads to another state than before, under the same version {foldVersion}. If that is meant, raise the version, and set the hashes:");
        foreach ((FoldSample<TEvent> sample, string hash) in folded)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {sample.Name}: {hash}{(sample.Hash == hash ? "" : sample.Hash.Length == 0 ? "   <- new" : $"   <- was {sample.Hash}")}");
        }

        throw new ScenarioException(text.ToString());
    }

    private static string HashOf<TState>(ICodec<TState> codec, int foldVersion, TState state)
    {
        ArrayBufferWriter<byte> bytes = new();
        bytes.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{codec.Name}\n{codec.Version}\n{foldVersion}\n")));
        codec.Write(state, bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes.WrittenSpan).AsSpan(0, HashBytes));
    }
}
