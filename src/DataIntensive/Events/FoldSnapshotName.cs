using System.Globalization;

namespace DataIntensive.Events;

// A snapshot's key as one text, in whose order the snapshots of one fold of one stream stand together, by stamp and then by version.
internal static class FoldSnapshotName
{
    private const int VersionDigits = 19;

    public static string OfFold(in FoldSnapshotKey key) => $"{Part(key.Store)}{Part(key.Tenant)}{Part(key.Stream.Value)}{Part(key.Fold)}";

    public static string OfStamp(in FoldSnapshotKey key) => OfFold(key) + Part(key.Stamp);

    public static string Of(in FoldSnapshotKey key, long version) => OfStamp(key) + version.ToString($"D{VersionDigits}", CultureInfo.InvariantCulture);

    public static long VersionOf(string name) => long.Parse(name.AsSpan(name.Length - VersionDigits), NumberStyles.None, CultureInfo.InvariantCulture);

    public static ReadOnlySpan<char> StampOf(string name) => name.AsSpan(0, name.Length - VersionDigits);

    // With its length before, so that no text within can be taken for the end of it.
    private static string Part(string text) => string.Create(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
}
