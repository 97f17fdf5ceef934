using System.Buffers;
using System.Globalization;
using System.Text;

namespace DataIntensive.Samples.Logs;

/// <summary>A record's body on one line: in quotes when what is shown of it is printable UTF-8, else 0x and hexadecimal digits.</summary>
internal static class BodyText
{
    private const string CutMark = "…";

    public static string Of(ReadOnlySpan<byte> body, int width) => TryText(body, width) ?? Hexadecimal(body, width);

    // Looks no further than it shows: a body can be large.
    private static string? TryText(ReadOnlySpan<byte> body, int width)
    {
        StringBuilder text = new("\"");
        for (int shown = 0; !body.IsEmpty && shown < width; shown++)
        {
            if (Rune.DecodeFromUtf8(body, out Rune rune, out int bytes) != OperationStatus.Done || !IsPrintable(rune))
            {
                return null;
            }

            text.Append(rune.ToString());
            body = body[bytes..];
        }

        text.Append('"');
        return body.IsEmpty ? text.ToString() : text.Append(CutMark).ToString();
    }

    private static string Hexadecimal(ReadOnlySpan<byte> body, int width)
    {
        int shown = Math.Min(body.Length, Math.Max(1, width / 2));
        return $"0x{Convert.ToHexStringLower(body[..shown])}{(shown < body.Length ? CutMark : "")}";
    }

    // What a terminal would act on, or show as nothing, is not text.
    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);
}
