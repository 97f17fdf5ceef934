using System.Buffers;
using System.Globalization;
using System.Text;

namespace DataIntensive.Idempotency;

// A JSON number as ECMAScript would write it, with all digits that it has.
internal static class CanonicalNumber
{
    // ECMAScript writes numbers from 1e21, and below 1e-6, with an exponent.
    private const int MostPlainPlaces = 21;
    private const int MostLeadingZeros = 5;

    public static void Write(string number, ArrayBufferWriter<byte> destination)
    {
        bool isNegative = number[0] == '-';
        string digits = Digits(number.AsSpan(isNegative ? 1 : 0), out long point);
        if (digits.Length == 0)
        {
            destination.Write("0"u8);
            return;
        }

        Encoding.ASCII.GetBytes((isNegative ? "-" : "") + Layout(digits, point), destination);
    }

    // The digits without zeros at either end, and where the point stands: 0.digits times ten to that power.
    private static string Digits(ReadOnlySpan<char> number, out long point)
    {
        int exponentAt = number.IndexOfAny('e', 'E');
        long exponent = 0;
        if (exponentAt >= 0 && !long.TryParse(number[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            throw new InvalidOperationException("A number's exponent has more than 18 digits.");
        }

        ReadOnlySpan<char> mantissa = exponentAt < 0 ? number : number[..exponentAt];
        int pointAt = mantissa.IndexOf('.');
        string all = pointAt < 0 ? mantissa.ToString() : string.Concat(mantissa[..pointAt], mantissa[(pointAt + 1)..]);
        string digits = all.TrimStart('0');
        if (digits.Length == 0)
        {
            point = 0;
            return "";
        }

        if (exponent is > long.MaxValue / 4 or < long.MinValue / 4)
        {
            throw new InvalidOperationException("A number's exponent has more than 18 digits.");
        }

        point = (pointAt < 0 ? all.Length : pointAt) - (all.Length - digits.Length) + exponent;
        return digits.TrimEnd('0');
    }

    private static string Layout(string digits, long point)
    {
        if (point is > 0 and <= MostPlainPlaces)
        {
            int whole = (int)point;
            return digits.Length <= whole ? digits.PadRight(whole, '0') : $"{digits[..whole]}.{digits[whole..]}";
        }

        if (point is <= 0 and >= -MostLeadingZeros)
        {
            return $"0.{new string('0', (int)-point)}{digits}";
        }

        string fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
        long exponent = point - 1;
        return string.Create(CultureInfo.InvariantCulture, $"{digits[0]}{fraction}e{(exponent > 0 ? "+" : "")}{exponent}");
    }
}
