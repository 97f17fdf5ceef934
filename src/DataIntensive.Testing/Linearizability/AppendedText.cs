namespace DataIntensive.Testing;

// A value that texts were appended to. It shares what it was made of, so that n appends take n steps of memory and not n squared;
// equal when the whole texts are, however they were cut into pieces.
internal sealed class AppendedText : IEquatable<AppendedText>
{
    private const ulong Base = 0x9E37_79B9_7F4A_7C15;
    private const int PiecesLookedAt = 32;

    private readonly AppendedText? _before;
    private readonly HistoryValue _piece;
    private readonly string? _text;
    private readonly ulong _hash;
    private readonly int _length;

    public AppendedText(HistoryValue value)
    {
        _piece = value;
        _text = value.TryGetText(out string text) ? text : null;
        _length = text.Length;
        _hash = _text is null ? (uint)value.GetHashCode() : Extend(0, text);
    }

    private AppendedText(AppendedText before, string piece)
    {
        _before = before;
        _piece = piece;
        _text = piece;
        _length = before._length + piece.Length;
        _hash = Extend(before._hash, piece);
    }

    public AppendedText Append(string piece) =>
        _piece.IsNil ? new AppendedText(piece)
        : _text is null ? throw new ArgumentException($"A text cannot be appended to {_piece}.")
        : piece.Length == 0 ? this
        : new AppendedText(this, piece);

    public bool IsValue(HistoryValue value)
    {
        if (_text is null)
        {
            return _piece == value;
        }

        if (!value.TryGetText(out string text) || text.Length != _length)
        {
            return false;
        }

        ReadOnlySpan<char> rest = text;
        for (AppendedText? part = this; part is not null; part = part._before)
        {
            if (!rest.EndsWith(part._text, StringComparison.Ordinal))
            {
                return false;
            }

            rest = rest[..^part._text!.Length];
        }

        return true;
    }

    // Whether appending may make that value of this one. It looks at the newest pieces only, and so may say yes wrongly, never no.
    public bool IsBeginningOf(HistoryValue value)
    {
        if (!value.TryGetText(out string text))
        {
            return _text is null && _piece == value;
        }

        if (_text is null)
        {
            return _piece.IsNil;
        }

        if (_length > text.Length)
        {
            return false;
        }

        ReadOnlySpan<char> rest = text.AsSpan(0, _length);
        AppendedText? part = this;
        for (int looked = 0; part is not null && looked < PiecesLookedAt; looked++, part = part._before)
        {
            if (!rest.EndsWith(part._text, StringComparison.Ordinal))
            {
                return false;
            }

            rest = rest[..^part._text!.Length];
        }

        return true;
    }

    public bool Equals(AppendedText? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || _hash != other._hash || _length != other._length || _text is null || other._text is null)
        {
            return other is not null && _text is null && _piece == other._piece;
        }

        return HaveSameText(this, other);
    }

    public override bool Equals(object? obj) => Equals(obj as AppendedText);

    public override int GetHashCode() => (int)(_hash ^ (_hash >> 32));

    public override string ToString()
    {
        if (_text is null)
        {
            return _piece.ToString();
        }

        List<string> parts = [];
        for (AppendedText? part = this; part is not null; part = part._before)
        {
            parts.Add(part._text!);
        }

        parts.Reverse();
        return ValueParser.Quote(string.Concat(parts));
    }

    // From the end, because that is where two differ, and what they share is found to be one object.
    private static bool HaveSameText(AppendedText left, AppendedText right)
    {
        AppendedText? mine = left;
        AppendedText? others = right;
        ReadOnlySpan<char> myRest = left._text;
        ReadOnlySpan<char> othersRest = right._text;
        while (!ReferenceEquals(mine, others) || myRest.Length != othersRest.Length)
        {
            int length = Math.Min(myRest.Length, othersRest.Length);
            if (!myRest[^length..].SequenceEqual(othersRest[^length..]))
            {
                return false;
            }

            StepBack(ref mine, ref myRest, length);
            StepBack(ref others, ref othersRest, length);
        }

        return true;
    }

    private static void StepBack(ref AppendedText? part, ref ReadOnlySpan<char> rest, int length)
    {
        rest = rest[..^length];
        while (rest.IsEmpty && part is not null)
        {
            part = part._before;
            rest = part?._text;
        }
    }

    private static ulong Extend(ulong hash, string piece)
    {
        foreach (char letter in piece)
        {
            hash = (hash * Base) + letter + 1;
        }

        return hash;
    }
}
