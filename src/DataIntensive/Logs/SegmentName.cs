using System.Globalization;

namespace DataIntensive.Logs;

// 20 digits of the segment's number; for a compacted one a dash and how often it was; .seg, or .idx for its index.
internal readonly record struct SegmentName(long Number, int Generation)
{
    private const string SegmentExtension = ".seg";
    private const string IndexExtension = ".idx";
    private const int Digits = 20;

    public string Segment => Stem + SegmentExtension;

    public string Index => Stem + IndexExtension;

    private string Stem => Generation == 0
        ? Number.ToString("D20", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Number:D20}-{Generation}");

    public static bool TryParseSegment(string name, out SegmentName parsed) => TryParse(name, SegmentExtension, out parsed);

    public static bool TryParseIndex(string name, out SegmentName parsed) => TryParse(name, IndexExtension, out parsed);

    private static bool TryParse(string name, string extension, out SegmentName parsed)
    {
        parsed = default;
        if (name.Length < Digits + extension.Length
            || !name.EndsWith(extension, StringComparison.Ordinal)
            || !long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            return false;
        }

        int generation = 0;
        ReadOnlySpan<char> rest = name.AsSpan(Digits, name.Length - Digits - extension.Length);
        if (rest.Length > 0 && (rest[0] != '-' || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out generation) || generation == 0))
        {
            return false;
        }

        parsed = new SegmentName(number, generation);
        return true;
    }
}
