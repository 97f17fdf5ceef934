using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DataIntensive;

/// <summary>
/// The identity of a change, and its place among all others: its transaction's, then its own within that. The default value lies
/// before every change.
/// </summary>
/// <param name="Commit">The position of the commit that holds the change.</param>
/// <param name="Index">
/// The place within the commit, from 0. It grows with every change but need not be dense: what else the commit wrote counts too, so that
/// a reader of some tables sees the same identities as a reader of all.
/// </param>
/// <remarks>As text: commit and index with a colon between, for example <c>42:0</c>.</remarks>
public readonly record struct ChangePosition(LogPosition Commit, int Index)
    : IComparable<ChangePosition>, ISpanFormattable, ISpanParsable<ChangePosition>
{
    private const char Separator = ':';

    /// <summary>Compares by place.</summary>
    public static bool operator <(ChangePosition left, ChangePosition right) => left.CompareTo(right) < 0;

    /// <summary>Compares by place.</summary>
    public static bool operator >(ChangePosition left, ChangePosition right) => left.CompareTo(right) > 0;

    /// <summary>Compares by place.</summary>
    public static bool operator <=(ChangePosition left, ChangePosition right) => left.CompareTo(right) <= 0;

    /// <summary>Compares by place.</summary>
    public static bool operator >=(ChangePosition left, ChangePosition right) => left.CompareTo(right) >= 0;

    /// <inheritdoc />
    public static ChangePosition Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc />
    public static ChangePosition Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out ChangePosition result)
            ? result
            : throw new FormatException($"'{s}' is no change position: two whole numbers from 0 with a colon between are expected.");

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ChangePosition result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc />
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ChangePosition result)
    {
        result = default;
        int separator = s.IndexOf(Separator);
        if (separator < 0
            || !LogPosition.TryParse(s[..separator], provider, out LogPosition commit)
            || !int.TryParse(s[(separator + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            return false;
        }

        result = new ChangePosition(commit, index);
        return true;
    }

    /// <inheritdoc />
    public int CompareTo(ChangePosition other)
    {
        int byCommit = Commit.CompareTo(other.Commit);
        return byCommit != 0 ? byCommit : Index.CompareTo(other.Index);
    }

    /// <summary>Returns commit and index with a colon between.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Commit.Value}{Separator}{Index}");

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite(CultureInfo.InvariantCulture, $"{Commit.Value}{Separator}{Index}", out charsWritten);
}
